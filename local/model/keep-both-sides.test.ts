import { expect, test } from 'vitest';
import { keepBothSides } from './keep-both-sides.ts';

test('both sides of a conflict stay, the markers go', () => {
  const text = 'top\n<<<<<<< ours\n- one\n=======\n- two\n>>>>>>> theirs\nend\n';

  expect(keepBothSides(text)).toBe('top\n- one\n- two\nend\n');
});

test('the common base of a diff3 conflict goes too', () => {
  const text = '<<<<<<< ours\n- one\n||||||| base\n- zero\n=======\n- two\n>>>>>>> theirs\n';

  expect(keepBothSides(text)).toBe('- one\n- two\n');
});
