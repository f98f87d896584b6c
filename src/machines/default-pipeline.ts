/** The pipeline that every project has without configuring anything. */
import { type Pipeline, pipelineSchema } from './pipeline.ts';

export const defaultPipeline: Pipeline = pipelineSchema.parse({
  name: 'default',
  stages: [
    {
      name: 'analysis',
      role: 'analyst',
      questions: '01-questions.md',
      gates: [
        {
          kind: 'artifacts',
          name: 'requirements',
          files: [
            '02-business-requirements.md',
            '03-technical-specification.md',
            '04-acceptance-criteria.md',
            '05-test-plan.md',
          ],
        },
        { kind: 'approval', name: 'requirementsApproval' },
      ],
      // Neither documents nor questions: another run would do no better, so people are told.
      rework: { limit: 0 },
    },
    {
      name: 'architecture',
      role: 'architect',
      objection: { file: '10-conflict.md', to: 'analysis' },
      gates: [{ kind: 'artifacts', name: 'design', files: ['06-adr/*.md', '07-infra-requirements.md'], need: 'any' }],
      rework: { limit: 2 },
    },
    {
      name: 'development',
      role: 'developer',
      gates: [{ kind: 'command', name: 'tests' }],
      // Three developer runs in all.
      rework: { limit: 2 },
    },
    {
      name: 'review',
      role: 'reviewer',
      gates: [{ kind: 'verdict', name: 'review', file: '12-review.md', pass: ['APPROVED'], fail: ['REQUEST_CHANGES'] }],
      rework: { to: 'development', limit: 3 },
    },
    {
      name: 'testing',
      role: 'tester',
      gates: [{ kind: 'verdict', name: 'testReport', file: '13-test-report.md', pass: ['PASSED'], fail: ['FAILED'] }],
      rework: { to: 'development', limit: 3, otherwise: 'blocked' },
    },
    {
      name: 'deploy',
      role: 'deployer',
      merge: { onConflict: 'development' },
      gates: [
        {
          kind: 'verdict',
          name: 'deployment',
          file: '14-deploy.md',
          field: 'deploy_status',
          pass: ['SUCCESS'],
          fail: ['FAILED'],
        },
      ],
      // A failed deployment is never tried again without a person.
      rework: { limit: 0 },
    },
  ],
});
