// Icons, drawn on a 20 by 20 grid in the colour of the text around them. All are decoration: names stand beside them.
import type { ReactElement, ReactNode } from 'react';

function Icon({ children }: { readonly children: ReactNode }): ReactElement {
  return (
    <svg
      aria-hidden="true"
      width="18"
      height="18"
      viewBox="0 0 20 20"
      fill="none"
      stroke="currentColor"
      strokeWidth="1.6"
      strokeLinecap="round"
      strokeLinejoin="round"
    >
      {children}
    </svg>
  );
}

export const CableIcon = (): ReactElement => (
  <Icon>
    <path d="M2 14h3.2a2 2 0 0 0 2-2V11M18 6h-3.2a2 2 0 0 0-2 2v1" />
    <path d="M5.6 10.6h3.2M11.2 9.4h3.2M10.8 4.2l.5-1.7M13.6 15l1.2 1.4M6.4 5 5.2 3.6M9.2 15.8l-.5 1.7" />
  </Icon>
);

export const ServerIcon = (): ReactElement => (
  <Icon>
    <rect x="3" y="3.5" width="14" height="5.5" rx="1.5" />
    <path d="M3 14.5V12.500A1.5 1.5 0 0 1 4.5 11H9" />
    <path d="m12 12.5 4.5 4.500M16.5 12.5 12 17M6 6.250h.01M9 6.250h.01" />
  </Icon>
);

export const DropIcon = (): ReactElement => (
  <Icon>
    <path d="M3 6h4M13 6h4M3 10h8M15 10h2M3 14h2M9 14h8" />
  </Icon>
);

export const SlowIcon = (): ReactElement => (
  <Icon>
    <path d="M5 2.800h10M5 17.200h10M6.2 2.800v2.600c0 2.2 3.8 3 3.8 4.600s-3.8 2.4-3.8 4.600v2.600M13.8 2.800v2.600c0 2.2-3.8 3-3.8 4.600s3.8 2.4 3.8 4.600v2.6" />
  </Icon>
);

export const FastIcon = (): ReactElement => (
  <Icon>
    <path d="M11.2 2.5 4.5 11.400h4.300L8 17.500l7.2-9.400h-4.600z" />
  </Icon>
);

export const PauseIcon = (): ReactElement => (
  <Icon>
    <path d="M7 4.500v11M13 4.500v11" />
  </Icon>
);

export const PlayIcon = (): ReactElement => (
  <Icon>
    <path d="M6.5 4.200v11.600L15.5 10z" />
  </Icon>
);

export const SunIcon = (): ReactElement => (
  <Icon>
    <circle cx="10" cy="10" r="3.4" />
    <path d="M10 2.200v1.600M10 16.200v1.600M2.2 10h1.600M16.2 10h1.600M4.5 4.500l1.1 1.100M14.4 14.400l1.1 1.100M4.5 15.500l1.1-1.100M14.4 5.600l1.1-1.1" />
  </Icon>
);

export const MoonIcon = (): ReactElement => (
  <Icon>
    <path d="M16.5 11.800A6.8 6.8 0 0 1 8.2 3.500a6.8 6.8 0 1 0 8.3 8.300z" />
  </Icon>
);

export function BrandMark(): ReactElement {
  return (
    <svg aria-hidden="true" className="brand-mark" viewBox="0 0 32 32">
      <rect width="32" height="32" rx="8" fill="var(--accent)" />
      <path
        d="M4 19h6l3-9 5 14 4-11 2 6h4"
        fill="none"
        stroke="var(--on-accent)"
        strokeWidth="2.6"
        strokeLinecap="round"
        strokeLinejoin="round"
      />
    </svg>
  );
}
