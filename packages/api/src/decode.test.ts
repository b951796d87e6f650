/**
 * Manifests with mistakes: what is said, where, and that nothing crashes.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { formatDiagnostic } from '@podwire/base';
import { decodeManifests } from './decode.ts';

const lines = (text: string, strict = false): string[] =>
  decodeManifests(text, 'f.yaml', { strict }).diagnostics.map((each) => formatDiagnostic(each));

interface Row {
  readonly name: string;
  readonly text: string;
  readonly says: readonly string[];
  readonly go?: string;
}

const ROWS: readonly Row[] = [
  {
    name: 'no space after a colon',
    text: 'apiVersion: v1\nkind:Service\nmetadata:\n  name: a\n',
    says: [
      'f.yaml:2:1: error PW1101: no space after the colon of "kind"\n  hint: write `kind: Service`',
    ],
    go: 'yaml: line 3: mapping values are not allowed in this context',
  },
  {
    name: 'tab',
    text: 'a:\n\tb: 1\n',
    says: ['f.yaml:2:1: error PW1101: a tab in the indentation\n  hint: indent with spaces'],
    go: 'yaml: line 2: found character that cannot start any token',
  },
  {
    name: 'key twice',
    text: 'apiVersion: v1\nkind: ConfigMap\nkind: Secret\n',
    says: ['f.yaml:3:1: error PW1104: the key "kind" is written twice'],
    go: 'yaml: unmarshal errors:\n  line 3: key "kind" already set in map',
  },
  {
    name: 'unknown anchor',
    text: 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: *nope\n',
    says: ['f.yaml:4:7: error PW1101: no anchor is called "nope"'],
    go: "yaml: unknown anchor 'nope' referenced",
  },
  {
    name: 'not a mapping',
    text: '- a\n- b\n',
    says: [
      'f.yaml:1:1: error PW1103: a manifest is a mapping with apiVersion and kind, not a list',
    ],
  },
  {
    name: 'no kind',
    text: 'apiVersion: v1\nKind: Pod\n',
    says: [
      "f.yaml:1:1: error PW2006: Object 'Kind' is missing\n  hint: did you mean `kind` where it says `Kind`?",
    ],
  },
  {
    name: 'no apiVersion',
    text: 'kind: Deployment\n',
    says: [
      "f.yaml:1:1: error PW2006: Object 'apiVersion' is missing\n  hint: write `apiVersion: apps/v1`",
    ],
  },
  {
    name: 'kind of another group',
    text: 'apiVersion: v1\nkind: Deployment\n',
    says: [
      'f.yaml:1:13: warning PW2001: no matches for kind "Deployment" in version "v1" (apiVersion)\n  hint: Deployment is in `apiVersion: apps/v1`',
    ],
  },
  {
    name: 'misspelt kind',
    text: 'apiVersion: v1\nkind: Servce\n',
    says: [
      'f.yaml:2:7: warning PW2001: no matches for kind "Servce" in version "v1" (kind)\n  hint: did you mean Service?',
    ],
  },
  {
    name: 'misspelt field',
    text: 'apiVersion: v1\nkind: Service\nmetadata: {name: a}\nspec:\n  ports:\n  - port: 80\n    targetport: 8080\n',
    says: [
      'f.yaml:7:5: warning PW2002: unknown field "spec.ports[0].targetport" (spec.ports[0].targetport)\n  hint: did you mean "targetPort"?',
    ],
  },
  {
    name: 'number in quotes',
    text: 'apiVersion: v1\nkind: Service\nmetadata: {name: a}\nspec:\n  ports:\n  - port: "80"\n',
    says: [
      'f.yaml:6:11: error PW2003: json: cannot unmarshal string into Go struct field ServicePort.spec.ports.port of type int32 (spec.ports[0].port)\n  hint: write 80 without quotes',
    ],
  },
  {
    name: 'label that YAML reads as true',
    text: 'apiVersion: v1\nkind: Pod\nmetadata: {name: a, labels: {on: yes}}\nspec: {containers: [{name: c, image: i}]}\n',
    says: [
      'f.yaml:3:34: error PW2003: json: cannot unmarshal bool into Go struct field ObjectMeta.metadata.labels of type string (metadata.labels.true)\n  hint: put the value in quotes: YAML reads it as a number or as true or false',
    ],
  },
  {
    name: "a Deployment's selector in a Service",
    text: 'apiVersion: v1\nkind: Service\nmetadata: {name: a}\nspec:\n  selector:\n    matchLabels: {app: a}\n',
    says: [
      "f.yaml:6:18: error PW2003: json: cannot unmarshal object into Go struct field ServiceSpec.spec.selector of type string (spec.selector.matchLabels)\n  hint: a Service's selector is a plain map of labels, without matchLabels",
    ],
  },
  {
    name: 'bad quantity',
    text: 'apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  containers:\n  - name: c\n    image: i\n    resources: {limits: {cpu: lots}}\n',
    says: [
      "f.yaml:8:31: error PW2003: quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$' (spec.containers[0].resources.limits.cpu)",
    ],
  },
  {
    name: 'kind that nothing runs',
    text: 'apiVersion: batch/v1\nkind: Job\nmetadata: {name: a}\nspec: {template: {spec: {containers: [{name: c, image: i}], restartPolicy: Never}}}\n',
    says: ['f.yaml:2:7: warning PW2005: Job is accepted, but nothing runs it (kind)'],
  },
];

describe('mistakes', () => {
  for (const { name, text, says, go } of ROWS) {
    test(name, () => {
      assert.deepEqual(lines(text), says);
      if (go !== undefined) assert.equal(decodeManifests(text, 'f.yaml').goText, go);
    });
  }

  test('strict turns unknown kinds and fields into errors', () => {
    assert.match(lines('apiVersion: v1\nkind: Nope\n', true)[0] ?? '', /error PW2001/);
  });
});

describe('good input', () => {
  test('documents, lists, JSON, YAML 1.1 booleans, octal and merge keys', () => {
    const text = [
      'apiVersion: v1',
      'kind: Pod',
      'metadata: {name: p}',
      'spec: {hostNetwork: yes, containers: [{name: c, image: i}]}',
      '---',
      '# nothing here',
      '---',
      'apiVersion: v1',
      'kind: List',
      'items:',
      '- {apiVersion: v1, kind: ConfigMap, metadata: {name: a}, data: {t: "12:30", &k u: 12:30, y: n}}',
      '- {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"}}',
    ].join('\n');
    const { objects, diagnostics } = decodeManifests(text, 'f.yaml');
    assert.deepEqual(diagnostics, []);
    assert.deepEqual(
      objects.map(({ object, pos }) => [object.kind, object.metadata.name, pos.line]),
      [
        ['Pod', 'p', 1],
        ['ConfigMap', 'a', 11],
        ['Secret', 's', 12],
      ],
    );
    const pod = objects[0]?.object as { spec?: { hostNetwork?: boolean } } | undefined;
    assert.equal(pod?.spec?.hostNetwork, true);
    assert.deepEqual((objects[1]?.object as { data?: object } | undefined)?.data, {
      t: '12:30',
      u: '12:30',
      y: 'n',
    });
    assert.deepEqual(objects[0]?.posOf('spec.containers[0].image'), {
      file: 'f.yaml',
      line: 4,
      col: 56,
    });
    assert.deepEqual(objects[0]?.posOf('spec.containers[0].ports[3]'), {
      file: 'f.yaml',
      line: 4,
      col: 39,
    });
  });
});

describe('hostile input', () => {
  test('alias bomb', () => {
    let text = 'apiVersion: v1\nkind: ConfigMap\na0: &a0 [x,x,x,x,x,x,x,x,x,x]\n';
    for (let level = 1; level < 9; level++) {
      const before = `*a${level - 1}`;
      text += `a${level}: &a${level} [${Array.from({ length: 10 }, () => before).join(',')}]\n`;
    }
    assert.match(lines(text)[0] ?? '', /PW1102/);
  });

  test('a huge file and deep nesting are told, not read', () => {
    assert.match(
      lines('a'.repeat(17 * 1024 * 1024))[0] ?? '',
      /PW1002: file is too large: 17.0 MB/,
    );
    assert.match(lines('['.repeat(200_000))[0] ?? '', /PW1105/);
    assert.match(lines('- '.repeat(200_000))[0] ?? '', /PW1105/);
    const ladder = Array.from({ length: 2000 }, (_, at) => `${' '.repeat(at)}a:`).join('\n');
    assert.match(lines(ladder)[0] ?? '', /PW1105/);
  });

  test('random text never crashes', () => {
    const piece = fc.constantFrom(
      'a: ',
      'kind: Pod\n',
      'apiVersion: v1\n',
      '- ',
      '  ',
      '\n',
      '{',
      '}',
      '[',
      ']',
      '"',
      "'",
      '|',
      '>',
      '&x ',
      '*x',
      '<<: ',
      '---\n',
      '!!int ',
      '\t',
      '#',
      '? ',
      ': ',
      ',',
      '1',
      'null',
      '%YAML 1.1\n',
      '\u0000',
      '\ud800',
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string({ unit: 'binary', maxLength: 60 }),
          fc.array(piece, { maxLength: 30 }).map((parts) => parts.join('')),
        ),
        (text) => {
          const { diagnostics } = decodeManifests(text, 'f.yaml');
          for (const { line, col } of diagnostics) assert.ok(line >= 0 && col >= 0);
        },
      ),
      { numRuns: 600 },
    );
  });
});
