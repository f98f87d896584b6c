/**
 * What real tools say is read right: whether tests ran, whether they passed, and what was missing.
 *
 * How the tests are run and what a fresh checkout needs is found out by the product, so that finding, setting up and reading
 * are proved together. A tool that is not on this machine is left out, with what is missing in its name. Nothing is fetched
 * unless `SIGNALBOX_REAL_TOOLS=1` allows it: then jest, mocha, tox and Maven are looked at as well, with what they need from
 * their registries, once, in a directory that later runs find again; and so are situations that take more time than anybody
 * wants to wait for each day (some six minutes).
 */
import { beforeAll, describe, expect, test } from 'vitest';
import { cmake, make } from './real-tools/builders.ts';
import { cargo, go, maven } from './real-tools/compiled.ts';
import { jest, mocha, nodeTest, vitest } from './real-tools/javascript.ts';
import { pytest, tox, unittest } from './real-tools/python.ts';
import { judged, mayFetch, type Told, type Tool } from './real-tools/tool.ts';

const limitMs = 120_000;
const titleOf = ({ name, lacks }: Tool) => (lacks === undefined ? name : `${name}, left out for want of ${lacks}`);
const tools: Tool[] = [nodeTest, vitest, jest, mocha, pytest, unittest, tox, go, cargo, maven, make, cmake];

describe.each(tools.map(tool => [titleOf(tool), tool] as const))('%s', { timeout: limitMs }, (_, tool) => {
  const isHere = tool.lacks === undefined;
  if (isHere && tool.fetch !== undefined) beforeAll(tool.fetch, limitMs);

  /** What it comes to, by the first line of what people are told. */
  const judge = async (situation: Partial<Told>) => {
    const { verdict, detail } = await judged(tool, situation);
    return { verdict, first: detail.split('\n')[0], detail };
  };

  test.skipIf(!isHere)('tests that pass are a pass', async () => {
    expect(await judge({})).toMatchObject({ verdict: 'pass' });
  });

  test.skipIf(!isHere)('a test that the change breaks is a failure', async () => {
    const report = await judge(tool.fails);
    expect(report).toMatchObject({ verdict: 'fail', first: expect.stringMatching(/failed with exit code \d+$/) });
  });

  test.skipIf(!isHere)('no tests are no verdict', async () => {
    const report = await judge(tool.noTests);
    expect(report).toMatchObject({ verdict: 'inconclusive', first: expect.stringMatching(/ran no tests/) });
  });

  test.skipIf(!isHere)('a runner that is not there is no verdict, and is named', async () => {
    const report = await judge(tool.noRunner);
    expect(report).toMatchObject({ verdict: 'inconclusive', first: expect.stringMatching(tool.noRunner.says) });
  });

  test.skipIf(!isHere)('a dependency that cannot be had is no verdict, and is named', async () => {
    const report = await judge(tool.noDependency);
    expect(report).toMatchObject({ verdict: 'inconclusive', first: expect.stringMatching(tool.noDependency.says) });
  });

  const more = Object.entries({ ...tool.more, ...(mayFetch && tool.atLeisure) });
  test.skipIf(!isHere).each(more)('%s', async (_, { verdict, says, ...situation }) => {
    expect(await judge(situation)).toMatchObject({ verdict, first: expect.stringMatching(says) });
  });
});
