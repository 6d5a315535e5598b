/** Functions that run at a fixed interval. */
export const SCHEDULES = [
  {
    name: 'resync',
    handler: 'functions/cron/resync.ts',
    everySeconds: 60,
    timeoutSeconds: 55,
  },
] as const;
