import { z } from 'zod';

/**
 * How an agent and verification are separated from each other.
 * - `pod`         each attempt runs in a pod of its own
 * - `namespaces`  the system ends every process of the agent with its process namespace
 * - `processes`   the bridge finds and ends the processes of the agent; a process that hides may escape
 */
export const isolationSchema = z.enum(['pod', 'namespaces', 'processes']);
/** How an agent and verification are separated from each other. */
export type Isolation = z.infer<typeof isolationSchema>;

/** Commands that create a process namespace and enter it. */
export type NamespaceCommands = {
  /** Program and options that start a command in new namespaces. */
  readonly create: readonly string[];
  /** Program and options that start a command in existing namespaces; the process id of a member of the namespaces follows. */
  readonly enter: readonly string[];
};

const CREATE_OPTIONS = ['--pid', '--fork', '--kill-child', '--mount-proc'];

/** Ways to create a process namespace, best first: with the rights of root, and with a user namespace. */
export const NAMESPACE_COMMANDS: readonly NamespaceCommands[] = [
  { create: ['unshare', ...CREATE_OPTIONS], enter: ['nsenter', '--mount', '--pid', '--target'] },
  {
    create: ['unshare', '--user', '--map-current-user', ...CREATE_OPTIONS],
    enter: ['nsenter', '--user', '--preserve-credentials', '--mount', '--pid', '--target'],
  },
];
