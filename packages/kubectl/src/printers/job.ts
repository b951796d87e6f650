/**
 * Jobs and CronJobs in `kubectl get`.
 */
import type { CronJob, Job, KubeObject } from '@podwire/api';
import { at, listAt, numberAt, textAt } from '../json-value.ts';
import { ageOf, humanDuration } from '../human-duration.ts';
import { parseTime } from '@podwire/api';
import { age, containerCells, selectorCell } from './common.ts';
import { type TablePrinter, columns } from './table.ts';

export const jobPrinter: TablePrinter = {
  columns: columns('Name|Status|Completions|Duration|Age', 'Containers|Images|Selector'),
  cells(object: KubeObject, nowNs: number): string[] {
    const { metadata, spec } = object as Job;
    return [
      metadata.name,
      jobStatus(object as Job),
      completionsCell(object as Job),
      durationCell(object as Job, nowNs),
      age(object, nowNs),
      ...containerCells(spec.template),
      selectorCell(spec.selector),
    ];
  },
};

function jobStatus(job: Job): string {
  const isTrue = (type: string): boolean =>
    listAt(job, 'status', 'conditions').some(
      (condition) => textAt(condition, 'type') === type && textAt(condition, 'status') === 'True',
    );
  if (isTrue('Complete')) return 'Complete';
  if (isTrue('Failed')) return 'Failed';
  if (job.metadata.deletionTimestamp !== undefined) return 'Terminating';
  for (const type of ['Suspended', 'FailureTarget', 'SuccessCriteriaMet'])
    if (isTrue(type)) return type;
  return 'Running';
}

function completionsCell(job: Job): string {
  const succeeded = numberAt(job, 'status', 'succeeded');
  const { completions, parallelism = 0 } = job.spec;
  if (completions !== undefined) return `${succeeded}/${completions}`;
  return parallelism > 1 ? `${succeeded}/1 of ${parallelism}` : `${succeeded}/1`;
}

function durationCell(job: Job, nowNs: number): string {
  const start = parseTime(textAt(job, 'status', 'startTime'));
  if (start === undefined) return '';
  const end = parseTime(textAt(job, 'status', 'completionTime')) ?? nowNs;
  return humanDuration(end - start);
}

export const cronJobPrinter: TablePrinter = {
  columns: columns(
    'Name|Schedule|Timezone|Suspend|Active|Last Schedule|Age',
    'Containers|Images|Selector',
  ),
  cells(object: KubeObject, nowNs: number): string[] {
    const { metadata, spec } = object as CronJob;
    const last = at(object, 'status', 'lastScheduleTime');
    return [
      metadata.name,
      spec.schedule,
      spec.timeZone ?? '<none>',
      spec.suspend === true ? 'True' : 'False',
      String(listAt(object, 'status', 'active').length),
      typeof last === 'string' ? ageOf(last, nowNs) : '<none>',
      age(object, nowNs),
      ...containerCells(spec.jobTemplate.spec.template),
      selectorCell(spec.jobTemplate.spec.selector),
    ];
  },
};
