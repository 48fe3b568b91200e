// Status components: what people see of the connection. Without styles in server-rendered HTML: a strict
// Content-Security-Policy blocks style attributes, while styles set by script after mounting pass.
import { useSyncExternalStore, type CSSProperties, type ReactElement, type ReactNode } from 'react';
import { LOOKS, MARKS, UNSEEN } from './status-look.js';
import type {
  ConnectionStatusOptions,
  ConnectionStatusResult,
  UseConnectionStatus,
} from './use-connection-status.js';

/** Props of the ready looks. */
export interface ConnectionBadgeProps extends ConnectionStatusOptions {
  /** `[data-status]` tells `live`, `connecting` and `offline` apart. */
  readonly className?: string | undefined;
  /** Laid over the look, after mounting. */
  readonly style?: CSSProperties | undefined;
  /**
   * Shows nothing while all is well; the live region stays, so that a loss is read out.
   * @defaultValue `false`
   */
  readonly hideWhenLive?: boolean | undefined;
}

/** Props of `ConnectionStatus`. */
export interface ConnectionStatusProps extends ConnectionBadgeProps {
  /** Draws it yourself: nothing is added around what it returns. */
  readonly children?: ((status: ConnectionStatusResult) => ReactNode) | undefined;
}

const nothing = () => () => undefined;

export function createStatusComponents(useConnectionStatus: UseConnectionStatus) {
  function Look(props: ConnectionStatusProps & { readonly look: keyof typeof LOOKS }): ReactElement {
    const { look, className, style, hideWhenLive = false, children, ...options } = props;
    const told = useConnectionStatus(options);
    const { status, label, error } = told;
    // False on a server and while hydrating.
    const isMounted = useSyncExternalStore(
      nothing,
      () => true,
      () => false,
    );
    // A component may return any node; the types of React 18.0 know elements only.
    if (children) return children(told) as ReactElement;
    const isHidden = hideWhenLive && status === 'live';
    const [shape, color] = MARKS[status];
    return (
      <span
        role="status"
        aria-live="polite"
        data-status={status}
        className={className}
        title={error?.message}
        style={isMounted && !isHidden ? { ...LOOKS[look], ...style } : undefined}
      >
        <span aria-hidden style={isMounted ? { color } : undefined}>
          {isHidden ? '' : shape}
        </span>
        <span style={isMounted && look === 'badge' ? UNSEEN : undefined}>{isHidden ? '' : label}</span>
      </span>
    );
  }

  return {
    ConnectionStatus: (props: ConnectionStatusProps) => <Look look="full" {...props} />,
    FloatingConnectionStatus: (props: ConnectionBadgeProps) => <Look look="floating" {...props} />,
    ConnectionBadge: (props: ConnectionBadgeProps) => <Look look="badge" {...props} />,
  };
}
