import { Signal } from '@podwire/engine';
export class ContainerFiles {
  constructor(x) {}
}
export class ProcessTable {}
export function* runCommand(ctx, argv) {
  return { exitCode: 127, stdout: '', stderr: '' };
}
export function startSshd() {}
export function parseScenarioImages() {
  return new Map();
}
export function imageInfo(image) {
  return { reference: image, sizeBytes: 10_000_000 };
}
export function startContainer(ctx, spec) {
  const c = {
    exitCode: undefined,
    exited: new Signal(),
    stop() {
      c.exitCode = 0;
      c.exited.notify();
    },
    exec: function* () {
      return { exitCode: 1 };
    },
  };
  return c;
}
