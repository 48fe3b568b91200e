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
  readonly className?: string | undefined;
  /** Laid over the look, after mounting. */
  readonly style?: CSSProperties | undefined;
  /**
   * Leaves the look out: class names and `[data-status]` (`live`, `connecting`, `offline`) are for your own.
   * @defaultValue `false`
   */
  readonly unstyled?: boolean | undefined;
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

/** False on a server and while hydrating. */
function useIsMounted(): boolean {
  return useSyncExternalStore(
    nothing,
    () => true,
    () => false,
  );
}

export function createStatusComponents(useConnectionStatus: UseConnectionStatus) {
  function Look(props: ConnectionBadgeProps & { readonly look: keyof typeof LOOKS }): ReactElement {
    const { look, className, style, unstyled = false, hideWhenLive = false, ...options } = props;
    const { status, label, error } = useConnectionStatus(options);
    const isMounted = useIsMounted();
    const isHidden = hideWhenLive && status === 'live';
    const [shape, color] = MARKS[status];
    const isStyled = isMounted && !unstyled;
    return (
      <span
        role="status"
        aria-live="polite"
        aria-atomic="true"
        data-status={status}
        className={className}
        title={status === 'live' ? undefined : error?.message}
        style={isMounted && !isHidden ? { ...(unstyled ? undefined : LOOKS[look]), ...style } : undefined}
      >
        {isHidden ? null : (
          <>
            <span aria-hidden="true" style={isStyled ? { color } : undefined}>
              {shape}
            </span>
            <span style={isStyled && look === 'badge' ? UNSEEN : undefined}>{label}</span>
          </>
        )}
      </span>
    );
  }

  function ConnectionStatus({ children, ...props }: ConnectionStatusProps): ReactElement {
    return children === undefined ? <Look look="full" {...props} /> : <Drawn {...props}>{children}</Drawn>;
  }

  function Drawn({
    children,
    ...options
  }: ConnectionStatusOptions & Required<Pick<ConnectionStatusProps, 'children'>>) {
    return <>{children?.(useConnectionStatus(options))}</>;
  }

  function FloatingConnectionStatus(props: ConnectionBadgeProps): ReactElement {
    return <Look look="floating" {...props} />;
  }

  function ConnectionBadge(props: ConnectionBadgeProps): ReactElement {
    return <Look look="badge" {...props} />;
  }

  return { ConnectionStatus, FloatingConnectionStatus, ConnectionBadge };
}
