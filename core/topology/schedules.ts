/** Functions that run at fixed intervals. */
export const SCHEDULES = [
  {
    name: 'resync',
    handler: 'functions/cron/resync.ts',
    everySeconds: 60,
    timeoutSeconds: 55,
  },
] as const;
