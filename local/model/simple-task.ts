import { SIMPLE_PHRASE } from './demo-prompt.ts';
import type { DemoTask } from './demo-task.ts';

/** The task of the simple prompt. `description` is empty, because a simple plan uses the prompt as the description. */
export const SIMPLE_TASK: DemoTask = {
  key: 'thousands',
  phrase: SIMPLE_PHRASE,
  ids: ['thousands'],
  titles: ['Commas between thousands'],
  description: '',
  dependsOn: [],
  scope: [],
  criteria: [],
  tier: 'light',
  estimate: 5,
  reads: ['src/money.js', 'test/money.test.js', 'CHANGELOG.md'],
  edits: [
    {
      path: 'src/money.js',
      old: '/** Formats cents: "12.50" for 1250. */',
      new: '/** Formats cents: "12.50" for 1250, "1,234.50" for 123450. */',
    },
    {
      path: 'src/money.js',
      old: `  return \`\${sign}\${digits.slice(0, -2)}.\${digits.slice(-2)}\`;`,
      new: `  const whole = digits.slice(0, -2).replace(/\\B(?=(\\d{3})+$)/g, ',');
  return \`\${sign}\${whole}.\${digits.slice(-2)}\`;`,
    },
    {
      path: 'test/money.test.js',
      old: "  assert.equal(formatAmount(-1250), '-12.50');\n",
      new: "  assert.equal(formatAmount(-1250), '-12.50');\n  assert.equal(formatAmount(99999), '999.99');\n  assert.equal(formatAmount(123450), '1,234.50');\n  assert.equal(formatAmount(-123456789), '-1,234,567.89');\n",
    },
  ],
  changelog: 'Amounts are printed with a comma between the thousands.',
  summary:
    'formatAmount puts a comma between the thousands of every printed amount; the tests and the changelog cover the change.',
};
