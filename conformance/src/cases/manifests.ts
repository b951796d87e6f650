/**
 * The documents of a case: split, told apart, and their containers made to run the case image.
 *
 * From: YAML texts of cases and steps. To: texts for kubectl. What is not a pod's stays as it is written, down to
 * its mistakes, since some cases are about those.
 */
import { textOf } from './case-file.ts';
import { type Document, type Scalar, isMap, isScalar, isSeq, parseDocument, visit } from 'yaml';
import { imageInfo } from '@podwire/workloads';
import { certificatePem } from './case-certificate.ts';
import { CASE_IMAGE, CASE_IMAGE_LINGERING } from './case-image.ts';
import { hasPlaceholder } from './placeholders.ts';

export interface ManifestDocument {
  readonly text: string;
  readonly kind: string;
  readonly name: string;
  readonly namespace: string;
  /** To be applied once the pods have addresses. */
  readonly isLate: boolean;
}

/** Where the pod's spec lies in each kind. */
const POD_SPECS: ReadonlyMap<string, readonly string[]> = new Map([
  ['Pod', ['spec']],
  ['Deployment', ['spec', 'template', 'spec']],
  ['ReplicaSet', ['spec', 'template', 'spec']],
  ['ReplicationController', ['spec', 'template', 'spec']],
  ['StatefulSet', ['spec', 'template', 'spec']],
  ['DaemonSet', ['spec', 'template', 'spec']],
  ['Job', ['spec', 'template', 'spec']],
  ['CronJob', ['spec', 'jobTemplate', 'spec', 'template', 'spec']],
]);

export function splitManifests(text: string): ManifestDocument[] {
  const documents: ManifestDocument[] = [];
  for (const part of text.split(/^---[ \t]*$/m)) {
    if (part.trim() === '' || /^(\s*#[^\n]*\n?)*$/.test(part)) continue;
    documents.push(readDocument(part));
  }
  return documents;
}

/** One text of several documents. */
export function joinManifests(documents: readonly ManifestDocument[]): string {
  return documents.map(({ text }) => text.replace(/^\n+/, '').replace(/\n*$/, '\n')).join('---\n');
}

function readDocument(text: string): ManifestDocument {
  const document = parseDocument(text, { version: '1.1', uniqueKeys: false });
  const field = (...path: string[]): string => {
    try {
      const value: unknown = document.getIn(path);
      return typeof value === 'string' ? value : '';
    } catch {
      return '';
    }
  };
  const kind = field('kind');
  const isBroken = document.errors.length > 0 || !isMap(document.contents);
  const path = POD_SPECS.get(kind);
  const isQuoted = !isBroken && quoteTexts(text);
  const own = isQuoted ? parseDocument(text, { uniqueKeys: false }) : document;
  if (isQuoted) visit(own, { Scalar: quoteScalar });
  const isCaseImage = !isBroken && path !== undefined && useCaseImage(own, path);
  const isCertified = !isBroken && kind === 'Secret' && certify(own);
  const isChanged = isQuoted || isCaseImage || isCertified;
  return {
    text: isChanged ? own.toString({ lineWidth: 0 }) : text,
    kind,
    name: field('metadata', 'name'),
    namespace: field('metadata', 'namespace') || 'default',
    isLate: hasPlaceholder(text),
  };
}

/**
 * Texts that the case files leave bare and that Kubernetes' YAML 1.1 reads as something else: `y`, `n`, `1e3`.
 */
const BARE_TEXT = /^(?:[yYnN]|[-+]?\d+[eE]\d+)$/;

function quoteTexts(text: string): boolean {
  return text.split(/[\s,:{}[\]]+/).some((word) => BARE_TEXT.test(word));
}

function quoteScalar(_key: unknown, node: Scalar): void {
  const isBare = node.type === 'PLAIN' && BARE_TEXT.test(node.source ?? textOf(node.value));
  if (!isBare) return;
  node.value = node.source ?? textOf(node.value);
  node.type = 'QUOTE_DOUBLE';
}

/** Puts a certificate where the case has words for one; true when it did. */
function certify(document: Document): boolean {
  const name: unknown = document.getIn(['metadata', 'annotations', 'cases/certificate-for']);
  if (typeof name !== 'string') return false;
  document.setIn(['stringData', 'tls.crt'], certificatePem(name));
  return true;
}

/** True when a container was changed. */
function useCaseImage(document: Document, path: readonly string[]): boolean {
  const containers: unknown = document.getIn([...path, 'containers']);
  if (!isSeq(containers)) return false;
  // A pod with a grace period of its own is there to be seen while it ends.
  const lingers = document.hasIn([...path, 'terminationGracePeriodSeconds']);
  let isChanged = false;
  for (const container of containers.items) {
    if (!isMap(container)) continue;
    const image: unknown = container.get('image');
    // An image that cannot be pulled is the point of its case.
    if (typeof image !== 'string' || imageInfo(image).pullError !== undefined) continue;
    const node = container.get('image', true);
    const value = lingers ? CASE_IMAGE_LINGERING : CASE_IMAGE;
    if (isScalar(node)) node.value = value;
    else container.set('image', value);
    isChanged = true;
  }
  return isChanged;
}
