/** The prompt that a run was given, however one asks, and why there is none. */
import { mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { agentRunMachine } from '../../src/machines/agent-run.ts';
import { agentRunTags } from '../../src/machines/standing.ts';
import { agentPrompt } from '../../src/operations/agent-prompt.ts';
import { envelopeType } from '../../src/operations/http.ts';
import { waysOfAsking } from '../client/data.ts';
import { openService } from '../http/place.ts';
import { playedSite } from '../http/played.ts';
import { makeWorld } from '../http/world.ts';
import { agentRunInput } from '../model/cases.ts';
import { createPlayedJobs } from '../support/jobs.ts';
import { kindOf } from '../support/runtime.ts';

describe('a run whose directory the test fills', () => {
  /** A run that waits, or one that has had an attempt; `set` are the variables of its agent. */
  async function startRun({ isStarted = true, set = {} }: { isStarted?: boolean; set?: Record<string, string> } = {}) {
    const jobs = createPlayedJobs();
    const actors = Object.fromEntries(
      Object.keys(agentRunMachine.implementations.actors).map(name => [name, jobs.logic]),
    );
    const { system, site } = await playedSite({
      kinds: [kindOf(agentRunMachine as never, { actors, tags: agentRunTags })],
    });
    const { ask } = await openService(site);
    const id = 'ET-1.build.1';
    const { actor: _, ...input } = agentRunInput;
    await system.runtime.create('agentRun', id, { ...input, agent: { ...input.agent, set } } as never);
    const file = join(site.paths.runsDir, `${id}-1`, 'prompt.md');
    const started = async () => {
      await system.runtime.send(id, { type: 'run.start' });
      await system.settle();
    };
    if (isStarted) await started();
    return {
      ...{ system, id, file, started },
      write(text: string | Buffer) {
        mkdirSync(dirname(file), { recursive: true });
        writeFileSync(file, text);
      },
      ask: (query = '', headers = {}) => ask('GET', `/agents/${id}/prompt${query}`, undefined, headers),
    };
  }

  test('is answered as plain text, and as a field to whoever asks for the envelope', async () => {
    const run = await startRun();
    run.write('# Build it\n\nAll of "ä" it.\n');
    const plain = await run.ask();
    expect(plain).toMatchObject({ status: 200, body: '# Build it\n\nAll of "ä" it.\n' });
    expect(plain.headers['content-type']).toBe('text/plain; charset=utf-8');
    const { json } = await run.ask('', { accept: envelopeType });
    expect(json).toEqual({ agentId: run.id, attempt: 1, attempts: 1, text: plain.body });
  });

  test('has none before its agent has started, and says what to look at', async () => {
    const waiting = await startRun({ isStarted: false });
    const refused = { status: 404, json: { reason: 'noPromptYet', remedy: { operation: 'agent.show' } } };
    expect(await waiting.ask()).toMatchObject(refused);
    await waiting.started();
    expect(await waiting.ask()).toMatchObject(refused);
    waiting.write('Go.');
    expect(await waiting.ask('?attempt=1')).toMatchObject({ status: 200, body: 'Go.' });
  });

  test('has none of an attempt that there was not', async () => {
    const run = await startRun();
    run.write('Go.');
    expect(await run.ask('?attempt=2')).toMatchObject({ status: 404, json: { reason: 'noAttempt' } });
    expect(await run.ask('?attempt=0')).toMatchObject({ status: 400, json: { reason: 'badInput' } });
    expect(await run.ask('?attempt=first')).toMatchObject({ status: 400, json: { reason: 'badInput' } });
  });

  test('that ended before it began has had no attempt', async () => {
    const run = await startRun({ isStarted: false });
    await run.system.runtime.send(run.id, { type: 'run.stop', cause: 'killed', by: 'ann' });
    await run.system.settle();
    expect(await run.ask()).toMatchObject({ status: 404, json: { reason: 'noAttempt' } });
  });

  test('whose file was removed says that it is gone', async () => {
    const run = await startRun();
    run.write('Go.');
    await run.system.runtime.send(run.id, { type: 'agent.started', pid: 42 });
    await run.system.settle();
    rmSync(dirname(run.file), { recursive: true });
    expect(await run.ask()).toMatchObject({ status: 404, json: { reason: 'promptGone' } });
  });

  test('never leads out of its directory: a link in place of the prompt is none', async () => {
    const run = await startRun();
    const secret = join(dirname(dirname(run.file)), 'secret');
    writeFileSync(secret, 'the secret');
    mkdirSync(dirname(run.file), { recursive: true });
    symlinkSync(secret, run.file);
    const answer = await run.ask();
    expect(answer.status).toBe(404);
    expect(answer.body).not.toContain('the secret');
  });

  test('covers the values of variables that its agent is given, and leaves what names one', async () => {
    const set = {
      KEY: 'k3y-of-the-agent',
      LONGER: 'k3y-of-the-agent-and-more',
      NAMED: '$' + '{HOME_KEY}',
      SHORT: 'to',
    };
    const run = await startRun({ set });
    run.write('Use k3y-of-the-agent-and-more or k3y-of-the-agent to go on, and $' + '{HOME_KEY}.');
    expect((await run.ask()).body).toBe('Use *** or *** to go on, and $' + '{HOME_KEY}.');
  });
});

test('a run that was worked on shows the very prompt that its agent read', async () => {
  const { ask, site } = await makeWorld();
  const kept = readFileSync(join(site.paths.runsDir, 'ET-1.analysis.3-1', 'prompt.md'), 'utf8');
  expect(kept).toContain('ET-1');
  const { body } = await ask('GET', '/agents/ET-1.analysis.3/prompt');
  expect(body).toBe(kept);
  expect((await ask('GET', '/agents/ET-1/prompt')).body).toBe(kept);
});

describe.each(waysOfAsking)('asked $name', ({ make }) => {
  test('what there is not is refused with the nearest', async () => {
    const { client, order } = await make();
    await client.ask('task.add', { ...order, id: 'ET-1' });
    await expect(client.ask('agent.prompt', { agentId: 'ET-2' })).rejects.toMatchObject({ reason: 'noRun' });
    await expect(client.ask('agent.prompt', { agentId: 'ET-1' })).rejects.toMatchObject({ reason: 'noRunYet' });
  });
});

test('what was removed with its task says so', async () => {
  const { client, order } = await waysOfAsking[0]!.make();
  await client.ask('task.add', { ...order, id: 'ET-1' });
  await client.ask('task.cancel', { taskId: 'ET-1' });
  await client.ask('data.prune', { olderThan: '0s' });
  await expect(client.ask('agent.prompt', { agentId: 'ET-1.analysis.3' })).rejects.toMatchObject({
    reason: 'promptGone',
    message: expect.stringContaining('was removed'),
  });
});

test('says of which media type it is', () => {
  const answer = { agentId: 'x', attempt: 1, attempts: 1, text: 'it' };
  expect(agentPrompt.media?.(answer)).toEqual({ type: 'text/plain; charset=utf-8', text: 'it' });
  expect(agentPrompt.mediaTypes).toEqual(['text/plain']);
});
