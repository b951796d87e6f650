/**
 * Markdown as a scenario: which blocks are run, what they are held against.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { memoryReader } from '../memory-reader.suite.ts';
import { loadScenario } from '../parse.ts';
import type { RunStep, Scenario } from '../scenario.ts';
import { readMarkdown } from './blocks.ts';
import { typedCommands } from './commands.ts';
import { isAsShown } from './compare.ts';

function load(text: string, strict = false): ReturnType<typeof loadScenario> {
  return loadScenario(memoryReader({ 'doc.md': text }), 'doc.md', { strict });
}

function good(text: string): Scenario {
  const { scenario, diagnostics } = load(text);
  assert.ok(scenario !== undefined, JSON.stringify(diagnostics));
  return scenario;
}

function steps(text: string): readonly RunStep[] {
  return good(text).steps as readonly RunStep[];
}

const FENCE = '```';

describe('blocks', () => {
  test('are those of readers: in lists and quotes, not inside other fences', () => {
    const { blocks, title, frontMatter } = readMarkdown(
      `---\nname: x\n---\n# A walk\n\n- first\n\n  ${FENCE}bash\n  kubectl get pods\n  ${FENCE}\n\n${FENCE}${FENCE}\n${FENCE}bash\nnot this\n${FENCE}\n${FENCE}${FENCE}\n`,
    );
    assert.equal(title, 'A walk');
    assert.equal(frontMatter, '---\nname: x');
    assert.deepEqual(
      blocks.map(({ language, text, line }) => [language, text, line]),
      [
        ['bash', 'kubectl get pods\n', 8],
        ['', `${FENCE}bash\nnot this\n${FENCE}\n`, 12],
      ],
    );
  });

  test('typed lines', () => {
    const rows: readonly (readonly [string, readonly string[]])[] = [
      [
        'kubectl get pods\n# a comment\n\nkubectl get svc\n',
        ['kubectl get pods', 'kubectl get svc'],
      ],
      ['kubectl run a \\\n  --image=b\n', ['kubectl run a    --image=b']],
      ['$ kubectl get pods\nNAME\na\n$ kubectl get svc\n', ['kubectl get pods', 'kubectl get svc']],
      ["kubectl exec a -- sh -c 'echo 1\necho 2'\n", ["kubectl exec a -- sh -c 'echo 1\necho 2'"]],
      ['[user@host ~]$ oc get is\n', ['oc get is']],
    ];
    for (const [text, expected] of rows) {
      assert.deepEqual(
        typedCommands(text, 1).map((command) => command.text),
        expected,
      );
    }
    const [prompted] = typedCommands('$ kubectl get pods\nNAME   READY\na      1/1\n', 5);
    assert.equal(prompted?.output, 'NAME   READY\na      1/1');
    assert.equal(prompted?.line, 5);
  });

  test('here-documents', () => {
    const yaml = 'kind: Pod\n';
    for (const line of ['kubectl apply -f - <<EOF', "cat <<'EOF' | kubectl apply -f -"]) {
      const [command] = typedCommands(`${line}\n${yaml}EOF\nkubectl get pods\n`, 1);
      assert.equal(command?.text, 'kubectl apply -f -');
      assert.equal(command?.stdin, yaml);
    }
    const [file] = typedCommands(`cat > pod.yaml <<EOF\n${yaml}EOF\n`, 1);
    assert.equal(file?.writes, 'pod.yaml');
  });
});

describe('documents', () => {
  test('commands become steps, others are told', () => {
    const scenario = good(
      `# Walk\n\n${FENCE}bash\ngit clone https://git.example.org/x.git\nkubectl get pods | less\nkubectl get pods\n${FENCE}\n\n${FENCE}python\nprint(1)\n${FENCE}\n`,
    );
    assert.equal(scenario.name, 'doc');
    assert.equal(scenario.description, 'Walk');
    assert.deepEqual(
      scenario.steps.map((step) => step.name),
      ['kubectl get pods'],
    );
    assert.deepEqual(scenario.notices, [
      'doc.md:4: not run: git clone https://git.example.org/x.git: git is no command that podwire knows',
      'doc.md:5: not run: kubectl get pods | less: nothing can be piped into less, only into awk, cat, cut, egrep, grep, head, jq, sed, sort, tail, tr, uniq, wc',
    ]);
  });

  test('front matter describes the cluster', () => {
    const scenario = good(
      `---\nname: tour\ncluster:\n  nodes: 1\n---\n${FENCE}sh\nkubectl get nodes\n${FENCE}\n`,
    );
    assert.equal(scenario.name, 'tour');
    assert.equal(scenario.cluster.nodes, 1);
    const { diagnostics } = load(
      `---\ncluster:\n  nodse: 1\n---\n${FENCE}sh\nkubectl get nodes\n${FENCE}\n`,
    );
    assert.equal(diagnostics[0]?.line, 3);
    assert.match(diagnostics[0]?.message ?? '', /nodse/);
  });

  test('a document that types oc is about OpenShift', () => {
    assert.equal(
      good(`${FENCE}console\n$ oc get is\n${FENCE}\n`).cluster.distribution,
      'openshift',
    );
  });

  test('files that blocks name', () => {
    const yaml = 'kind: Pod\n';
    for (const head of [
      `${FENCE}yaml title="a/pod.yaml"\n${yaml}`,
      `Write \`a/pod.yaml\`:\n\n${FENCE}yaml\n${yaml}`,
      `a/pod.yaml:\n\n${FENCE}yaml\n${yaml}`,
    ]) {
      const [step] = steps(
        `${head}${FENCE}\n\n${FENCE}bash\nkubectl apply -f a/pod.yaml\n${FENCE}\n`,
      );
      assert.deepEqual(step?.files, [['a/pod.yaml', yaml]], head);
    }
    const [step] = steps(
      `${FENCE}yaml\n# pod.yaml\n${yaml}${FENCE}\n\n${FENCE}bash\nkubectl apply -f pod.yaml\n${FENCE}\n`,
    );
    assert.equal(step?.files?.[0]?.[0], 'pod.yaml');
  });

  test('what the document shows', () => {
    const shown = (text: string): string | undefined => steps(text)[0]?.documented?.text;
    const block = `${FENCE}bash\nkubectl get pods\n${FENCE}\n`;
    assert.equal(shown(`${block}\n${FENCE}\nNAME\n${FENCE}\n`), 'NAME\n');
    assert.equal(shown(`${block}\nOutput:\n\n${FENCE}text\nNAME\n${FENCE}\n`), 'NAME\n');
    assert.equal(shown(`${block}\n## Next\n\n${FENCE}\nNAME\n${FENCE}\n`), undefined);
    const failing = `${FENCE}console\n$ kubectl get pod x\nError from server (NotFound): pods "x" not found\n${FENCE}\n`;
    assert.ok(steps(failing)[0]?.expect !== undefined);
  });

  test('variables', () => {
    const found = steps(
      `${FENCE}bash\nNAME=web\nPOD=$(kubectl get pods -l app=$NAME -o name)\nkubectl logs $POD\n${FENCE}\n`,
    );
    assert.deepEqual(
      found.map(({ argv, save }) => [argv.join(' '), save]),
      [
        ['kubectl get pods -l app=web -o name', 'POD'],
        ['kubectl logs {{POD}}', undefined],
      ],
    );
  });

  test('what a shell does with a line', () => {
    const rows: readonly (readonly [lines: string, typed: readonly string[], skipped: RegExp])[] = [
      ["kubectl get pods # it's a comment", ['kubectl get pods'], /^$/],
      ['kubectl get pod a#b', ['kubectl get pod a#b'], /^$/],
      ['X=1 kubectl get pods', [], /a variable for one command alone/],
      ['X=1; kubectl get pods', [], /";" would join two/],
      ['X=\nkubectl get pods $X-', ['kubectl get pods -'], /^$/],
      ['X="a b"\necho $X', ['echo a b'], /^$/],
      [
        'curl http://$(oc get route a -o jsonpath={.spec.host})/x',
        ['oc get route a -o jsonpath={.spec.host}', 'curl http://{{output1}}/x'],
        /^$/,
      ],
      [
        'X="http://$(oc get route a -o name)/"\ncurl "$X"',
        ['oc get route a -o name', 'curl http://{{output1}}/'],
        /^$/,
      ],
      [
        "kubectl exec a -- sh -c 'echo $(hostname)'",
        ['kubectl exec a -- sh -c echo $(hostname)'],
        /^$/,
      ],
      ['echo $(helm list)', [], /helm is no command/],
      ['kubectl get pods -w', [], /until somebody stops it/],
      ['ping example.org', [], /until somebody stops it/],
      ['ping -c 3 example.org', ['ping -c 3 example.org'], /^$/],
      ['kubectl logs -f web', ['kubectl logs -f web'], /^$/],
    ];
    for (const [lines, typed, skipped] of rows) {
      const scenario = good(
        `${FENCE}bash\nhostname\n${FENCE}\n\n${FENCE}bash\n${lines}\n${FENCE}\n`,
      );
      const found = scenario.steps.slice(1).map((step) => (step as RunStep).argv.join(' '));
      const saved = (text: string): string => text.replaceAll(/\{\{output\d+\}\}/g, '{{output1}}');
      assert.deepEqual(found.map(saved), typed, lines);
      assert.match(scenario.notices.join('\n'), skipped, lines);
    }
  });

  test('pipes into programs that read text', () => {
    const [step, quoted, list] = steps(
      `${FENCE}bash\nkubectl get pods | grep -v 'a|b' | wc -l\necho 'a | b' "|" \\|\nkubectl get pods # | no\n${FENCE}\n`,
    );
    assert.deepEqual(step?.argv, ['kubectl', 'get', 'pods']);
    assert.equal(step.pipe, "grep -v 'a|b' | wc -l");
    assert.deepEqual(quoted?.argv, ['echo', 'a | b', '|', '|']);
    assert.equal(quoted.pipe, undefined);
    assert.equal(list?.pipe, undefined);
    const { notices } = good(`${FENCE}bash\nhostname\nls || true\n${FENCE}\n`);
    assert.match(notices[0] ?? '', /"\|\|" would join two/);
  });

  test('a log that is followed may go on', () => {
    const [step] = steps(`${FENCE}bash\nkubectl logs -f web\n${FENCE}\n`);
    assert.equal(step?.timeoutNs, 30e9);
    assert.ok(step.expect !== undefined);
    const [build] = steps(`${FENCE}bash\noc logs -f bc/web\n${FENCE}\n`);
    assert.equal(build?.expect, undefined);
  });

  test('variables in here-documents, unless their mark is quoted', () => {
    const stdin = (mark: string): string | undefined =>
      steps(`${FENCE}bash\nN=a\nkubectl apply -f - <<${mark}\n\tkind: $N\nEOF\n${FENCE}\n`)[0]
        ?.stdin;
    assert.equal(stdin('EOF'), '\tkind: a\n');
    assert.equal(stdin("'EOF'"), '\tkind: $N\n');
    assert.equal(stdin('-EOF'), 'kind: a\n');
  });

  test('manifests are judged at their places', () => {
    const manifest = (indent: string): string =>
      [
        'apiVersion: v1',
        'kind: Pod',
        'metadata: {name: A_B}',
        'spec: {containers: [{name: c, image: a}]}',
      ]
        .map((line) => `${indent}${line}\n`)
        .join('');
    const inBlock = `- Write \`a.yaml\`:\n\n  ${FENCE}yaml\n${manifest('  ')}  ${FENCE}\n\n${FENCE}sh\nkubectl apply -f a.yaml\n${FENCE}\n`;
    const inHere = `${FENCE}sh\nkubectl apply -f - <<EOF\n${manifest('')}EOF\n${FENCE}\n`;
    for (const [text, place] of [
      [inBlock, [6, 20]],
      [inHere, [5, 18]],
    ] as const) {
      const [warning] = load(text).diagnostics;
      assert.deepEqual([warning?.line, warning?.col], place);
      assert.equal(warning?.severity, 'warning');
      assert.match(warning.message, /^Pod "A_B" is invalid: Invalid value: "A_B"/);
      const reader = memoryReader({ 'doc.md': text });
      const [error] = loadScenario(reader, 'doc.md', { isCheck: true }).diagnostics;
      assert.equal(error?.severity, 'error');
    }
    const refused = `${FENCE}console\n$ kubectl apply -f - <<EOF\n${manifest('')}EOF\nError from server: no\n${FENCE}\n`;
    assert.deepEqual(load(refused).diagnostics, []);
  });

  test('without a command that can be typed', () => {
    const { scenario, diagnostics } = load(`${FENCE}sh\nhelm list\nls | less\n${FENCE}\n`);
    assert.equal(scenario, undefined);
    assert.deepEqual(
      diagnostics.map(({ line, message }) => [line, message]),
      [
        [2, 'not run: helm list: helm is no command that podwire knows'],
        [
          3,
          'not run: ls | less: nothing can be piped into less, only into awk, cat, cut, egrep, grep, head, jq, sed, sort, tail, tr, uniq, wc',
        ],
      ],
    );
  });

  test('without a block to run', () => {
    const { scenario, diagnostics } = load('# Words\n\nonly\n');
    assert.equal(scenario, undefined);
    assert.equal(diagnostics[0]?.code, 'PW3006');
    assert.equal(diagnostics[0]?.hint, 'fence commands as ```bash, ```sh or ```console');
  });
});

test('comparing leaves out what differs in every run', () => {
  const rows: readonly (readonly [string, string, boolean])[] = [
    ['a   1/1   Running   0   3s', 'a 1/1 Running 0 2m5s', true],
    ['web-5d4f8c7b9-x7k2p   1/1', 'web-56ffc896d4-2smp7 1/1', true],
    ['ip 10.128.0.5', 'ip 10.244.3.1', true],
    ['updated 31 seconds ago', 'updated About a minute ago', true],
    ['x@sha256:abcdef0123456789', 'x@sha256:0123456789abcdef', true],
    ['a\nb\nc', 'a\n...', true],
    ['a\nb\nc', 'a\n...\nc', true],
    ['a\nx\nb\nx\nc', '...\nx\nc', true],
    ['a\nx\nb\nx\nd', '...\nx\nc\n...', false],
    ['', '...', true],
    ['a\nb', 'a', false],
    ['a 2/2', 'a 1/2', false],
    ['deployment.apps/web created', 'deployment.apps/api created', false],
  ];
  for (const [output, shown, same] of rows) assert.equal(isAsShown(output, shown), same, output);
});

test('whatever a document holds, it is read or told about', () => {
  const line = fc.oneof(
    fc.constantFrom(
      '---',
      FENCE,
      `${FENCE}bash`,
      `${FENCE}console`,
      `${FENCE}yaml title="a.yaml"`,
      '$ kubectl get pods',
      'kubectl apply -f - <<EOF',
      'EOF',
      "echo 'open",
      'X=$(kubectl get pods)',
      'kubectl get $X \\\\',
      'name: x',
      'cluster: {nodes: 1}',
      '# heading',
      '...',
    ),
    fc.string({ maxLength: 20 }),
  );
  fc.assert(
    fc.property(fc.array(line, { maxLength: 20 }), (lines) => {
      const { scenario, diagnostics } = load(lines.join('\n'));
      assert.equal(
        scenario === undefined,
        diagnostics.some(({ severity }) => severity === 'error'),
      );
    }),
    { numRuns: 300 },
  );
});

test('many ellipses take no long time', () => {
  const output = 'a\n'.repeat(2000);
  assert.equal(isAsShown(output, '...\na\n'.repeat(30)), true);
  assert.equal(isAsShown(output, `${'...\na\n'.repeat(30)}b`), false);
});

test('an output is as a document shows it that shows just it', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ maxLength: 12 }), { maxLength: 6 }), (lines) => {
      const text = lines.join('\n');
      assert.ok(isAsShown(text, text));
      assert.ok(isAsShown(text, '...'));
    }),
  );
});
