/** Places beside each other, of which one is shown. */
import { Link } from './link.tsx';

interface TabsProps {
  label: string;
  tabs: readonly { name: string; label: string; to: string }[];
  shown: string | undefined;
}

export const Tabs = ({ label, tabs, shown }: TabsProps) => (
  <nav className="tabs" aria-label={label}>
    {tabs.map(tab => (
      <Link key={tab.name} to={tab.to} className="tab" aria-current={tab.name === shown ? 'true' : undefined}>
        {tab.label}
      </Link>
    ))}
  </nav>
);
