import { expect, test } from 'vitest';
import { keepBothSides } from './keep-both-sides.ts';

test('keepBothSides keeps both sides of a conflict and removes the markers', () => {
  const text = 'top\n<<<<<<< ours\n- one\n=======\n- two\n>>>>>>> theirs\nend\n';

  expect(keepBothSides(text)).toBe('top\n- one\n- two\nend\n');
});

test('keepBothSides removes the common base of a diff3 conflict', () => {
  const text = '<<<<<<< ours\n- one\n||||||| base\n- zero\n=======\n- two\n>>>>>>> theirs\n';

  expect(keepBothSides(text)).toBe('- one\n- two\n');
});
