import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, inject, test } from 'vitest';
import { z } from 'zod';
import { findFunctions, readTemplate } from '../support/cloud/cloud-template.ts';

// Checks that the bundle of each function contains only the parts that the function uses.

const cloud = inject('cloud');

const bundlesSchema = z.array(
  z.object({
    id: z.string(),
    handler: z.string(),
    bytes: z.number(),
    parts: z.record(z.string(), z.number()),
  }),
);

/** Functions by part, for parts that only some functions need. */
const FUNCTIONS_BY_PART: Readonly<Record<string, readonly string[]>> = {
  openai: ['http-doctor', 'queue-plan'],
  octokit: [
    'http-api',
    'http-doctor',
    'http-attempt',
    'queue-plan',
    'queue-reconcile',
    'cron-resync',
  ],
  hono: ['http-api', 'http-doctor', 'http-attempt', 'hook-github'],
  jose: [
    'http-api',
    'http-doctor',
    'http-attempt',
    'queue-reconcile',
    'queue-schedule',
    'cron-resync',
  ],
  '@aws-sdk/client-apigatewaymanagementapi': ['http-api', 'queue-push', 'ws-default'],
  'adapters/process': ['http-doctor', 'queue-reconcile', 'queue-schedule', 'cron-resync'],
  'adapters/host': ['http-api', 'http-doctor'],
  'adapters/repository-linker': ['http-api'],
};
/** Forbidden parts of every function: laptop code, agents and tools. */
const FORBIDDEN_PARTS = [
  'local',
  'agent',
  'cli',
  'test',
  'bench',
  'stacks',
  'sst',
  'aws-cdk-lib',
  'dynalite',
  'fauxqs',
];
/** Size limit of a bundle; reveals parts added by mistake. */
const MAX_BYTES = 1_600_000;

describe.skipIf(cloud === null)('the bundles', () => {
  const bundles =
    cloud === null ? [] : bundlesSchema.parse(readJson(join(cloud.bundles, 'bundles.json')));

  test('contain the parts that their function uses', () => {
    for (const [part, ids] of Object.entries(FUNCTIONS_BY_PART)) {
      const holders = bundles.filter((bundle) => hasPart(bundle.parts, part)).map(({ id }) => id);
      expect(holders.toSorted(), part).toEqual([...ids].toSorted());
    }
  });

  test('contain no laptop code, no agents and no tools', () => {
    const forbidden = bundles.flatMap(({ id, parts }) =>
      FORBIDDEN_PARTS.filter((part) => hasPart(parts, part)).map((part) => `${id}: ${part}`),
    );

    expect(bundles).not.toEqual([]);
    expect(forbidden).toEqual([]);
  });

  test('contain the AWS SDK and stay below 1.6 MB', () => {
    for (const { id, bytes, parts } of bundles) {
      expect(hasPart(parts, '@aws-sdk/client-dynamodb'), id).toBe(true);
      expect(bytes, id).toBeLessThan(MAX_BYTES);
    }
  });

  test('equal the files that SST deploys, byte for byte', () => {
    const functions = findFunctions(readTemplate(cloud?.templates ?? '', 'platform'));

    for (const { id, handler } of bundles) {
      const { S3Key } = codeSchema.parse(functions.get(id)?.Properties.Code);
      const asset = join(cloud?.templates ?? '', `asset.${S3Key.replace('.zip', '')}`);
      const deployedBundle = readFileSync(join(asset, handler.replace(/\.ts$/, '.mjs')));
      const testedBundle = readFileSync(join(cloud?.bundles ?? '', id, 'index.mjs'));
      expect(deployedBundle.equals(testedBundle), id).toBe(true);
    }
  });
});

const codeSchema = z.object({ S3Key: z.string() });

function hasPart(parts: Readonly<Record<string, number>>, part: string): boolean {
  return Object.keys(parts).some((name) => name === part || name.startsWith(`${part}/`));
}

function readJson(path: string): unknown {
  return JSON.parse(readFileSync(path, 'utf8'));
}
