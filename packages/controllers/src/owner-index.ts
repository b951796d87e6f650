/**
 * Who owns what and is where: objects by the uid of their controller, orphans by namespace, pods by node; and whose
 * labels match.
 *
 * Objects of one template share their labels and owner references, so what follows from those is worked out once.
 */
import {
  type Informer,
  type KubeObject,
  type OwnerReference,
  type Pod,
  type Selector,
  type StringMap,
  compareText,
  controllerOf,
  keyOf,
  matchesSelector,
} from '@podwire/api';

const NOBODY: readonly string[] = [];
const ownersOf = new WeakMap<readonly OwnerReference[], readonly string[]>();

/** Indexes objects by the uid of their controller, and orphans by namespace. */
export function indexByOwner<T extends KubeObject>(informer: Informer<T>): void {
  informer.addIndex('owner', ownerUids);
  informer.addIndex('orphan', (object) =>
    controllerOf(object) === undefined ? [object.metadata.namespace ?? 'default'] : NOBODY,
  );
}

/** The objects that could belong to an owner, by key: those that do, and the namespace's orphans. */
export function claimCandidates<T extends KubeObject>(
  informer: Informer<T>,
  owner: KubeObject,
): readonly T[] {
  const own = informer.byIndex('owner', owner.metadata.uid ?? '');
  const orphans = informer.byIndex('orphan', owner.metadata.namespace ?? 'default');
  if (orphans.length === 0) return own;
  return [...own, ...orphans].sort((a, b) => compareText(keyOf(a), keyOf(b)));
}

/** Indexes pods by their node. */
export function indexByNode(pods: Informer<Pod>): void {
  pods.addIndex('node', ({ spec }) => (spec.nodeName === undefined ? NOBODY : [spec.nodeName]));
}

function ownerUids({ metadata }: KubeObject): readonly string[] {
  const references = metadata.ownerReferences;
  if (references === undefined) return NOBODY;
  let uids = ownersOf.get(references);
  if (uids === undefined) {
    const owner = references.find(({ controller }) => controller === true);
    uids = owner === undefined ? NOBODY : [owner.uid];
    ownersOf.set(references, uids);
  }
  return uids;
}

/** Says of one object after another whether its labels match; equal maps in a row are looked at once. */
export class LabelTest {
  readonly #selector: Selector;
  #latest: StringMap | undefined;
  #isMatch: boolean;

  constructor(selector: Selector) {
    this.#selector = selector;
    this.#isMatch = matchesSelector(selector, undefined);
  }

  matches(labels: StringMap | undefined): boolean {
    if (labels !== this.#latest) {
      this.#latest = labels;
      this.#isMatch = matchesSelector(this.#selector, labels);
    }
    return this.#isMatch;
  }
}
