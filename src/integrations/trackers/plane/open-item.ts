/** Items that we make. */
import { sorted } from '../../forges/labels.ts';
import { OutsideError } from '../../outside.ts';
import type { Tracker } from '../../tracker.ts';
import { storable } from '../../webhooks/fields.ts';
import { type ItemAnswer, idAnswer, itemAnswer } from './answers.ts';
import { externals } from './external.ts';
import { htmlOf } from './html.ts';
import { expanded, type ItemReader, type Parts } from './items.ts';

const longestTitle = 255;

export function createOpenItem(parts: Parts, name: string, read: ItemReader): Pick<Tracker, 'openItem'> {
  const { api, people, projects } = parts;
  return {
    async openItem(project, { marker, title, body, labels }) {
      const us = await people.account();
      const { labels: there } = await projects.words(project);
      const { known } = sorted(
        labels,
        there.map(label => label.name),
      );
      const path = `${await api.items(project)}/`;
      const isOurs = ({ created_by: by }: ItemAnswer) => (typeof by === 'string' ? by : by?.id) === us.id;
      for (const external of externals(us, marker, project)) {
        const wanted = {
          name: storable(title.replace(/\s+/g, ' ').trim(), longestTitle) || '…',
          description_html: htmlOf(body),
          labels: there.filter(label => known.includes(label.name)).map(label => label.id),
          ...external,
        };
        const answer = await api.http.ask('POST', path, { body: wanted, expect: [409] });
        if (answer.status !== 409) {
          const { id } = api.http.read(answer, idAnswer, `POST ${path}`);
          return read(await api.http.get(`${path}${id}/`, itemAnswer, expanded));
        }
        // Asked for by these two it answers the one item, also where it is archived.
        const item = await api.http.get(path, itemAnswer, { ...expanded, ...external });
        if (isOurs(item)) return read(item);
      }
      throw new OutsideError('conflict', `${name} has items of others in the place of ours in project ${project}.`);
    },
  };
}
