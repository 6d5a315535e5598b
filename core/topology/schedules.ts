export const SCHEDULES = [
  {
    name: 'reconcile',
    handler: 'functions/cron/reconcile.ts',
    everySeconds: 60,
    timeoutSeconds: 55,
  },
] as const;
