import {
  startBenchRuleForge,
  startEmulatedRuleForge,
  startSimulatedRuleForge,
} from './forge-rule-drivers.ts';
import { describeForgeRules } from './forge-rules.ts';

describeForgeRules('emulator behind the GitHub adapter', startEmulatedRuleForge, {
  canConflict: true,
});
describeForgeRules('simulated forge', startSimulatedRuleForge, { canConflict: true });
describeForgeRules('bench forge', startBenchRuleForge, { canConflict: false });
