/**
 * Comlink over Node's MessagePort, typed (comlink's own adapter does not type-check under nodenext).
 */
import type { MessagePort, Transferable } from 'node:worker_threads';
import type { Endpoint } from 'comlink';

type Listener = (event: { readonly data: unknown }) => void;

/** What comlink needs of a port, in the words of the DOM. */
export function messageEndpoint(port: MessagePort): Endpoint {
  const handlers = new Map<unknown, (data: unknown) => void>();
  return {
    postMessage(message: unknown, transfer?: readonly unknown[]): void {
      port.postMessage(message, (transfer ?? []) as readonly Transferable[]);
    },
    addEventListener(_type: string, listener: unknown): void {
      // Comlink registers functions for 'message' alone.
      const handler = (data: unknown): void => {
        (listener as Listener)({ data });
      };
      handlers.set(listener, handler);
      port.on('message', handler);
    },
    removeEventListener(_type: string, listener: unknown): void {
      const handler = handlers.get(listener);
      if (handler !== undefined) port.off('message', handler);
      handlers.delete(listener);
    },
    start(): void {
      port.start();
    },
  };
}
