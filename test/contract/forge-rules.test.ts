import { startBenchRules, startServerRules, startSimulatedRules } from './forge-rule-drivers.ts';
import { describeForgeRules } from './forge-rules.ts';

describeForgeRules('emulator behind the GitHub adapter', startServerRules, { canConflict: true });
describeForgeRules('simulated forge', startSimulatedRules, { canConflict: true });
describeForgeRules('bench forge', startBenchRules, { canConflict: false });
