import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile, rename, writeFile } from 'node:fs/promises';
import { z } from 'zod';

const keysSchema = z.object({
  authSecret: z.string().min(32),
  forgeToken: z.string().min(32),
  forgeAppKey: z.string().min(100),
  webhookSecret: z.string().min(32),
});
/** Secrets of a local platform. */
export type PlatformKeys = z.infer<typeof keysSchema>;

/** Loads the secrets of the platform; creates and stores the secrets if the file `path` does not exist. */
export async function loadPlatformKeys(path: string): Promise<PlatformKeys> {
  if (existsSync(path)) return keysSchema.parse(JSON.parse(await readFile(path, 'utf8')));
  const { privateKey } = generateKeyPairSync('rsa', {
    modulusLength: 2_048,
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  });
  const keys: PlatformKeys = {
    authSecret: randomBytes(32).toString('hex'),
    forgeToken: randomBytes(32).toString('hex'),
    forgeAppKey: privateKey,
    webhookSecret: randomBytes(32).toString('hex'),
  };
  await writePrivateFile(path, keys);
  return keys;
}

/** Writes JSON atomically to a file that only the user who runs the platform can read (mode 600). */
export async function writePrivateFile(path: string, value: unknown): Promise<void> {
  const temporaryPath = `${path}.${process.pid}`;
  await writeFile(temporaryPath, `${JSON.stringify(value, null, 2)}\n`, { mode: 0o600 });
  await rename(temporaryPath, path);
}
