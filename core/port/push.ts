import type { ServerFrame } from '../contract/frame.ts';

/** Sends frames to connected clients. A frame may be lost: every client also reads changes at intervals. */
export interface Push {
  /**
   * Sends one frame. Returns `gone` if the connection is closed (410); the caller then forgets the connection.
   *
   * @throws AppError `transient` if the gateway does not respond
   */
  send(connectionId: string, frame: ServerFrame): Promise<'sent' | 'gone'>;
  /**
   * Closes a connection; a connection that is closed already is no error.
   *
   * @throws AppError `transient` if the gateway does not respond
   */
  close(connectionId: string): Promise<void>;
}
