/** Pipelines as somebody might write them, and worse. */
import fc from 'fast-check';
import { type Pipeline, type PipelineSource, pipelineSchema } from '../../src/machines/pipeline.ts';

const kinds = ['verdict', 'command', 'artifacts', 'approval'] as const;

/** Mostly the ordinary way, so that many come through; now and then anything. */
const seldom = <T>(some: fc.Arbitrary<T>, weight = 4) =>
  fc.oneof({ weight, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: some });

const shapes = fc.integer({ min: 1, max: 5 }).chain(count => {
  const name = fc.constantFrom(...Array.from({ length: count }, (_, index) => `s${index}`));
  const stage = fc.record({
    gates: fc.array(fc.constantFrom(...kinds), { minLength: 1, maxLength: 2 }),
    rework: seldom(fc.record({ to: fc.option(name, { nil: undefined }), limit: fc.nat(3) }), 1),
    otherwise: fc.constantFrom('person', 'blocked'),
    objection: seldom(fc.record({ to: name, limit: fc.nat(2) })),
    merge: seldom(fc.record({ onConflict: name, limit: fc.nat(2) }), 2),
    next: seldom(fc.oneof(name, fc.constant('done')), 6),
  });
  return fc.array(stage, { minLength: count, maxLength: count });
});

/** Any pipeline that can be written with what decides how a task goes. */
export const pipelines: fc.Arbitrary<Pipeline> = shapes.map(stages => {
  const source = {
    name: 'random',
    velocity: { sessions: 1_000 },
    stages: stages.map(({ gates, rework, otherwise, objection, merge, next }, index) => ({
      ...{ name: `s${index}`, role: 'worker' },
      gates: gates.map((kind, number) => gateOf(kind, `g${index}x${number}`)),
      ...((rework !== undefined || otherwise === 'blocked') && { rework: { ...rework, otherwise } }),
      ...(objection !== undefined && { objection: { file: 'o.md', ...objection } }),
      ...(merge !== undefined && { merge }),
      ...(next !== undefined && { next }),
    })),
  };
  return pipelineSchema.parse(source as PipelineSource);
});

function gateOf(kind: (typeof kinds)[number], name: string) {
  if (kind === 'verdict') return { kind, name, file: `${name}.md`, pass: ['YES'], fail: ['NO'] };
  if (kind === 'artifacts') return { kind, name, files: [`${name}.md`] };
  return { kind, name };
}
