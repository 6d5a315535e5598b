/** The assessor's answers to the demo's prompts. */
export const COMPLEX_VERDICT = {
  complexity: 'complex',
  reasoning:
    'The request has six independent concerns. Each becomes a module of its own in src/, some build on others, and all of them meet in the command line.',
  confidence: 0.94,
  estimatedTasks: 8,
  suggestion:
    'Begin with categories, periods, CSV and filters, which need nothing of each other; then reports, budgets and import; the commands last.',
};

export const SIMPLE_VERDICT = {
  complexity: 'simple',
  reasoning:
    'All amounts are printed through formatAmount in src/money.js: one function, its test and the changelog.',
  confidence: 0.97,
  estimatedTasks: 1,
  suggestion: 'Change formatAmount only; parseAmount keeps refusing commas between thousands.',
};
