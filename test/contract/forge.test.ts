import { startTestForge } from '../support/forge/test-forge.ts';
import { describeFaultyForge, describeForge } from './forge.ts';

describeForge('GitHub adapter against the local forge', startTestForge);
describeFaultyForge('GitHub adapter against the local forge', startTestForge);
