import { startTestForge } from '../support/forge/test-forge.ts';
import { describeForge, describeUnkindForge } from './forge.ts';

describeForge('GitHub adapter against the local forge', startTestForge);
describeUnkindForge('GitHub adapter against the local forge', startTestForge);
