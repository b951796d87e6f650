/**
 * `oc new-project`, `oc project`, `oc projects`, `oc whoami` (openshift/oc pkg/cli/{requestproject,project,projects,whoami}).
 */
import { type KindInfo, type Project, SCHEME, compareText } from '@podwire/api';
import { must } from '@podwire/base';
import type { Proc } from '@podwire/engine';
import type { Command } from '../command.ts';
import { type Failure, fail, hasReason, isFailure } from '../failure.ts';
import { boolFlag, textFlag } from '../flags.ts';
import type { Call, Session } from '../session.ts';

const DEFAULT_SERVER = 'https://192.168.10.10:6443';
const USER = 'kube:admin';

export function serverOf(session: Session): string {
  return session.ctx.serverUrl ?? DEFAULT_SERVER;
}

function projectKind(): KindInfo {
  return must(SCHEME.byResource('projects'), 'the scheme has projects');
}

const NEXT_STEPS = `
You can add applications to this project with the 'new-app' command. For example, try:

    oc new-app rails-postgresql-example

to build a new example application in Ruby. Or use kubectl to deploy a simple Kubernetes application:

    kubectl create deployment hello-node --image=registry.k8s.io/e2e-test-images/agnhost:2.43 -- /agnhost serve-hostname

`;

export const newProjectCommand: Command = {
  path: 'new-project',
  flags: [
    textFlag('display-name'),
    textFlag('description'),
    boolFlag('skip-config-write'),
    textFlag('as-admin'),
  ],
  check(call: Call): Failure | undefined {
    return call.args.length === 1 ? undefined : fail('must have exactly one argument');
  },
  *run(session: Session, call: Call): Proc<number> {
    const [name = ''] = call.args;
    const asked = yield* session.request({ verb: 'list', resource: 'projectrequests' });
    if (asked.code === 404) return session.failed(notServed('projectrequests'));
    const project = yield* session.requestObject<Project>({
      verb: 'create',
      resource: 'projectrequests',
      body: {
        apiVersion: 'project.openshift.io/v1',
        kind: 'ProjectRequest',
        metadata: { name },
        displayName: call.flags.text('display-name'),
        description: call.flags.text('description'),
      },
    });
    if (isFailure(project)) return session.failed(project);
    const server = serverOf(session);
    if (call.flags.bool('skip-config-write')) {
      session.out(
        `Project ${JSON.stringify(name)} created on server ${JSON.stringify(server)}.\n\nTo switch to this project and start adding applications, use:\n\n    oc project ${name}\n`,
      );
      return 0;
    }
    switchTo(session, name, false);
    session.out(NEXT_STEPS);
    return 0;
  },
};

/** The answer of a server without OpenShift's own API. */
export function notServed(resource: string): Failure {
  return {
    isFailure: true,
    message: 'the server could not find the requested resource',
    status: {
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Failure',
      reason: 'NotFound',
      message: `the server could not find the requested resource (get ${resource})`,
      code: 404,
    },
  };
}

function switchTo(session: Session, name: string, isShort: boolean): void {
  const before = session.ctx.namespace;
  session.ctx.setNamespace?.(name);
  if (isShort) {
    session.out(`${name}\n`);
    return;
  }
  const how = before === name ? 'Already on' : 'Now using';
  session.out(
    `${how} project ${JSON.stringify(name)} on server ${JSON.stringify(serverOf(session))}.\n`,
  );
}

export const projectCommand: Command = {
  path: 'project',
  flags: [boolFlag('short', 'q')],
  check(call: Call): Failure | undefined {
    return call.args.length > 1
      ? fail('Only one argument is supported (project name or context name).')
      : undefined;
  },
  *run(session: Session, call: Call): Proc<number> {
    const [name] = call.args;
    const isShort = call.flags.bool('short');
    if (name === undefined) return yield* showProject(session, isShort);
    const project = yield* session.get<Project>(projectKind(), undefined, name);
    if (!isFailure(project)) {
      switchTo(session, name, isShort);
      return 0;
    }
    if (!hasReason(project, 'NotFound')) return session.failed(project);
    let text = `A project named ${JSON.stringify(name)} does not exist on ${JSON.stringify(serverOf(session))}.`;
    const known = yield* projectsOf(session);
    if (!isFailure(known)) text += membership(known);
    return session.failed(fail(text));
  },
};

function* showProject(session: Session, isShort: boolean): Proc<number> {
  const { namespace } = session.ctx;
  const project = yield* session.get<Project>(projectKind(), undefined, namespace);
  if (isFailure(project)) {
    if (!hasReason(project, 'NotFound')) return session.failed(project);
    return session.failed(
      fail(
        `you do not have rights to view project ${JSON.stringify(namespace)} specified in your config or the project doesn't exist`,
      ),
    );
  }
  session.out(
    isShort
      ? `${namespace}\n`
      : `Using project ${JSON.stringify(namespace)} on server ${JSON.stringify(serverOf(session))}.\n`,
  );
  return 0;
}

function* projectsOf(session: Session): Proc<readonly Project[] | Failure> {
  const listed = yield* session.list(projectKind(), { namespace: undefined });
  if (isFailure(listed)) return listed;
  return (listed.items as readonly Project[]).toSorted((a, b) =>
    compareText(a.metadata.name, b.metadata.name),
  );
}

function membership(projects: readonly Project[]): string {
  const [first] = projects;
  if (first === undefined) {
    return "\nYou are not a member of any projects. You can request a project to be created with the 'new-project' command.";
  }
  if (projects.length === 1) return `\nYou have one project on this server: ${shownName(first)}`;
  return `\nYour projects are:${projects.map((project) => `\n* ${shownName(project)}`).join('')}`;
}

function displayName({ metadata }: Project): string {
  const name = metadata.annotations?.['openshift.io/display-name'] ?? '';
  return name === metadata.name ? '' : name;
}

function shownName(project: Project): string {
  const display = displayName(project);
  const { name } = project.metadata;
  return display === '' ? name : `${display} (${name})`;
}

export const projectsCommand: Command = {
  path: 'projects',
  flags: [boolFlag('short', 'q')],
  check(call: Call): Failure | undefined {
    return call.args.length > 0 ? fail('no arguments should be passed') : undefined;
  },
  *run(session: Session, call: Call): Proc<number> {
    const projects = yield* projectsOf(session);
    if (isFailure(projects)) return session.failed(projects);
    if (call.flags.bool('short')) {
      session.out(`${projects.map(({ metadata }) => metadata.name).join('\n')}\n`);
      return 0;
    }
    const current = session.ctx.namespace;
    const [first] = projects;
    if (first !== undefined && projects.length === 1) {
      session.out(`You have one project on this server: ${JSON.stringify(shownName(first))}.\n`);
    } else if (first !== undefined) {
      session.out(
        "You have access to the following projects and can switch between them with ' project <projectname>':\n",
      );
      for (const project of projects) {
        const { name } = project.metadata;
        const mark = name === current ? '  * ' : '    ';
        const display = displayName(project);
        session.out(`\n${mark}${name}${display === '' ? '' : ` - ${display}`}`);
      }
      session.out('\n');
    }
    session.out(
      `\nUsing project ${JSON.stringify(current)} on server ${JSON.stringify(serverOf(session))}.\n`,
    );
    return 0;
  },
};

export const whoamiCommand: Command = {
  path: 'whoami',
  flags: [
    boolFlag('show-token', 't'),
    boolFlag('show-context', 'c'),
    boolFlag('show-server'),
    boolFlag('show-console'),
  ],
  // oxlint-disable-next-line require-yield -- podwire has one user
  *run(session: Session, call: Call): Proc<number> {
    const { flags } = call;
    if (flags.bool('show-token'))
      return session.failed(fail('no token is currently in use for this session'));
    if (flags.bool('show-context')) session.out(`${session.ctx.contextName ?? 'podwire'}\n`);
    else if (flags.bool('show-server')) session.out(`${serverOf(session)}\n`);
    else session.out(`${USER}\n`);
    return 0;
  },
};
