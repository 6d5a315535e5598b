import { randomBytes } from 'node:crypto';
import { createJoseJwt } from '../../adapters/jwt/jose-jwt.ts';
import { createScryptHash } from '../../adapters/password/scrypt-hash.ts';
import { readConfig } from '../config.ts';
import { once } from '../once.ts';
import { clock } from './runtime.ts';
import { table } from './table.ts';

export const access = once(() => {
  const { auth } = readConfig(['auth']);
  const jwt = createJoseJwt({ secrets: auth.secrets, issuer: 'smol-gang' });
  return {
    table: table(),
    clock,
    jwt,
    passwords: createScryptHash(),
    randomBytes: (size: number) => randomBytes(size),
  };
});
