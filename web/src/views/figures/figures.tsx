/** What came of the work. */
import { useTexts } from '../../texts/index.ts';

export default function FiguresView() {
  const { figures } = useTexts();
  return (
    <section className="page">
      <h1>{figures.title}</h1>
    </section>
  );
}
