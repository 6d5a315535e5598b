/** Verdict on the complex prompt, as the scripted model answers the planner. */
export const COMPLEX_VERDICT = {
  complexity: 'complex',
  reasoning:
    'The request has six independent concerns. Each becomes a separate module in src/, some depend on others, and the command line uses all of them.',
  confidence: 0.94,
  estimatedTasks: 8,
  suggestion:
    'Begin with categories, periods, CSV and filters, which are independent of each other; then reports, budgets and import; the commands last.',
};

/** Verdict on the simple prompt, as the scripted model answers the planner. */
export const SIMPLE_VERDICT = {
  complexity: 'simple',
  reasoning:
    'All amounts are printed through formatAmount in src/money.js: one function, its test and the changelog.',
  confidence: 0.97,
  estimatedTasks: 1,
  suggestion: 'Change formatAmount only; parseAmount continues to reject commas between thousands.',
};
