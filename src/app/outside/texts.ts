/** In which language and with which templates people are spoken to. */
import type { Texts } from '../../texts/render.ts';
import type { Settings } from '../settings.ts';

export const textsOf = ({ configuration }: Settings): Texts => ({
  language: configuration?.language ?? 'en',
  own: configuration?.texts ?? null,
});
