/** A view that fails takes no other with it. */
import { Component, type ReactNode } from 'react';
import { useTexts } from '../texts/index.ts';

interface BoundaryProps {
  /** Another place is another try. */
  place: string;
  children: ReactNode;
}

export class Boundary extends Component<BoundaryProps, { error: Error | null }> {
  override state = { error: null };

  static getDerivedStateFromError(error: Error) {
    return { error };
  }

  override componentDidUpdate({ place }: BoundaryProps) {
    if (place !== this.props.place && this.state.error !== null) this.setState({ error: null });
  }

  override render() {
    return this.state.error === null ? this.props.children : <Crashed error={this.state.error} />;
  }
}

function Crashed({ error }: { error: Error }) {
  const { failed } = useTexts();
  return (
    <div className="failed" role="alert">
      <p>{failed.crash}</p>
      <pre tabIndex={0}>{error.message}</pre>
      <button type="button" onClick={() => location.reload()}>
        {failed.reload}
      </button>
    </div>
  );
}
