/** Where time went, why work was sent back, what gates said, and what it has cost. */
import { amount, duration } from '../../format.ts';
import { Money } from '../../parts/when.tsx';
import { useTexts } from '../../texts/index.ts';
import type { FiguresShown } from './figures.tsx';
import { percent, span, Table, TasksOf } from './tasks-of.tsx';

export function Stages({ stages }: { stages: FiguresShown['stages'] }) {
  const { figures, task } = useTexts();
  return (
    <Table
      title={figures.timePerStage}
      heads={[task.stage, figures.median, figures.ninetieth, figures.sum, figures.wentBy, figures.ofTasks]}
    >
      {stages.map(({ stage, time, phases, total, tasks }) => (
        <tr key={stage}>
          <th scope="row">{stage}</th>
          <td>{span(time.medianMs)}</td>
          <td>{span(time.p90Ms)}</td>
          <td>{span(time.totalMs)}</td>
          <td>
            {Object.entries(phases)
              .sort(([, a], [, b]) => b - a)
              .map(([phase, spentMs]) => `${figures.phases[phase] ?? phase} ${duration(spentMs)}`)
              .join(' · ')}
          </td>
          <td>
            <TasksOf total={total} tasks={tasks} />
          </td>
        </tr>
      ))}
    </Table>
  );
}

export function Rework({ rework }: { rework: FiguresShown['rework'] }) {
  const { figures } = useTexts();
  if (rework.length === 0) return null;
  return (
    <Table
      title={figures.reworkByCause}
      heads={[figures.cause, figures.fromStage, figures.toStage, figures.times, figures.ofTasks]}
    >
      {rework.map(({ cause, gate, from, to, count, total, tasks }) => (
        <tr key={`${cause} ${gate} ${from} ${to}`}>
          <th scope="row">
            {figures.causes[cause]} {gate}
          </th>
          <td>{from}</td>
          <td>{to}</td>
          <td>{count}</td>
          <td>
            <TasksOf total={total} tasks={tasks} />
          </td>
        </tr>
      ))}
    </Table>
  );
}

export function Gates({ gates }: { gates: FiguresShown['gates'] }) {
  const { figures, task, verdict } = useTexts();
  if (gates.length === 0) return null;
  return (
    <Table
      title={task.gates}
      heads={[
        figures.gate,
        task.stage,
        verdict.pass,
        verdict.fail,
        verdict.inconclusive,
        figures.passRate,
        figures.firstPass,
        figures.flaky,
        figures.ofTasks,
      ]}
    >
      {gates.map(
        ({ gate, stage, pass, fail, inconclusive, passRate, firstPassRate, flakyTrees, trees, total, tasks }) => (
          <tr key={`${stage} ${gate}`}>
            <th scope="row">{gate}</th>
            <td>{stage}</td>
            <td>{pass}</td>
            <td>{fail}</td>
            <td>{inconclusive}</td>
            <td>{percent(passRate)}</td>
            <td>{percent(firstPassRate)}</td>
            <td>{trees === 0 ? '–' : `${flakyTrees} / ${trees}`}</td>
            <td>
              <TasksOf total={total} tasks={tasks} />
            </td>
          </tr>
        ),
      )}
    </Table>
  );
}

export function Usage({ usage }: { usage: FiguresShown['usage'] }) {
  const { figures, task, fork } = useTexts();
  if (usage.length === 0) return null;
  return (
    <Table
      title={figures.costs}
      heads={[
        task.stage,
        fork.agent,
        fork.model,
        figures.runsHead,
        task.time,
        task.tokens,
        task.money,
        figures.again,
        figures.ofTasks,
      ]}
    >
      {usage.map(({ stage, agent, model, runs, workedMs, inputTokens, outputTokens, costUsd, again, total, tasks }) => (
        <tr key={`${stage} ${agent} ${model}`}>
          <th scope="row">{stage}</th>
          <td>{agent}</td>
          <td>{model ?? '–'}</td>
          <td>{runs}</td>
          <td>{duration(workedMs)}</td>
          <td>{amount(inputTokens + outputTokens)}</td>
          <td>
            <Money usd={costUsd} />
          </td>
          <td>{again.runs}</td>
          <td>
            <TasksOf total={total} tasks={tasks} />
          </td>
        </tr>
      ))}
    </Table>
  );
}
