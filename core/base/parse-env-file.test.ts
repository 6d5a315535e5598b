import { expect, test } from 'vitest';
import { parseEnvFile } from './parse-env-file.ts';

test.each([
  ['A=1', { A: '1' }],
  ['  export  A = 1  ', { A: '1' }],
  ['A=', { A: '' }],
  ['# A=1\n\nB=2', { B: '2' }],
  ['A=1\r\nB=2\r\n', { A: '1', B: '2' }],
  ['\ufeffA=1', { A: '1' }],
  ['A=1\nA=2', { A: '2' }],
  ['A=first#second # third', { A: 'first#second' }],
  ['A=http://h/v1#x', { A: 'http://h/v1#x' }],
  ['A= # nothing', { A: '' }],
  ['A="x # y" # z', { A: 'x # y' }],
  [`A='{"m": {"input": 1}}'`, { A: '{"m": {"input": 1}}' }],
  ['A={"m": 1}', { A: '{"m": 1}' }],
  [String.raw`A="a\nb\"c\\d\e"`, { A: 'a\nb"c\\d\\e' }],
  [String.raw`A='a\nb'`, { A: String.raw`a\nb` }],
  ['A="first\nsecond"\nB=2', { A: 'first\nsecond', B: '2' }],
  [`A='first\nsecond'\nB=2`, { A: 'first\nsecond', B: '2' }],
  ['A=$HOME/x', { A: '$HOME/x' }],
])('parses %j', (text, values) => {
  expect(parseEnvFile(text)).toEqual({ values, problems: [] });
});

test('reports every line that is not a setting, and reads the other lines', () => {
  const { values, problems } = parseEnvFile('A=1\nMODEL_BASE_URL http://h\n2B=3\nC="open\nD=4');

  expect(values).toEqual({ A: '1', D: '4' });
  expect(problems.map(({ line }) => line)).toEqual([2, 3, 4]);
  expect(problems[2]?.message).toContain('C has an opening quote');
});
