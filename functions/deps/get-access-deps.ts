import { randomBytes } from 'node:crypto';
import { createJoseJwt } from '../../adapters/jwt/create-jose-jwt.ts';
import { createScryptHasher } from '../../adapters/password/create-scrypt-hasher.ts';
import { readConfig } from '../config.ts';
import { once } from '../once.ts';
import { getTable } from './get-table.ts';
import { clock } from './runtime.ts';

export const getAccessDeps = once(() => {
  const { auth } = readConfig(['auth']);
  const jwt = createJoseJwt({ secrets: auth.secrets, issuer: 'smol-gang' });
  return {
    table: getTable(),
    clock,
    jwt,
    passwords: createScryptHasher(),
    randomBytes: (size: number) => randomBytes(size),
  };
});
