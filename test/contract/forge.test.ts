import { startTestForge } from '../support/local-forge.ts';
import { describeForge } from './forge.ts';

describeForge('GitHub adapter against the local forge', startTestForge);
