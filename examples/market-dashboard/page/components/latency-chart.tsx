// One-way latency over the last minute: from the server's publish to this page, as a small chart.
import { useEffect, useRef, useSyncExternalStore, type ReactElement } from 'react';
import uPlot from 'uplot';
import { latency } from '../live.js';
import type { Theme } from '../theme.js';

const WINDOW_SECONDS = 60;

function probe(name: string): string {
  const element = document.createElement('span');
  element.style.color = `var(${name})`;
  document.body.append(element);
  const value = getComputedStyle(element).color;
  element.remove();
  return value;
}

export function LatencyChart({ theme }: { readonly theme: Theme }): ReactElement {
  const container = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const samples = useSyncExternalStore(latency.subscribe, latency.get);

  useEffect(() => {
    const host = container.current;
    if (!host) return;
    const font = `10px ${getComputedStyle(host).fontFamily}`;
    const axis = { stroke: probe('--muted'), font, ticks: { show: false } };
    const accent = probe('--accent');
    const chart = new uPlot(
      {
        width: host.clientWidth,
        height: host.clientHeight,
        padding: [8, 18, 2, 0],
        cursor: { show: false },
        legend: { show: false },
        scales: {
          x: { time: false, range: [-WINDOW_SECONDS, 0] },
          y: { range: (_, __, most) => [0, Math.max(2, most * 1.2)] },
        },
        axes: [
          {
            ...axis,
            grid: { show: false },
            size: 16,
            // The oldest has no label: it would stand in the corner where the other axis begins.
            values: (_, ticks) =>
              ticks.map((tick) => (tick === 0 ? 'now' : tick === -WINDOW_SECONDS ? '' : `−${-tick} s`)),
          },
          {
            ...axis,
            grid: { stroke: probe('--line'), width: 1 },
            size: 44,
            space: 18,
            values: (_, ticks) => ticks.map((tick) => (tick < 1_000 ? `${tick} ms` : `${tick / 1_000} s`)),
          },
        ],
        series: [
          {},
          {
            stroke: accent,
            width: 1.5,
            fill: accent.replace(/\)$/, ' / 0.12)').replace(/,/g, ''),
            points: { show: false },
          },
        ],
      },
      [[], []],
      host,
    );
    plot.current = chart;
    const observer = new ResizeObserver(() => {
      chart.setSize({ width: host.clientWidth, height: host.clientHeight });
    });
    observer.observe(host);
    return () => {
      observer.disconnect();
      chart.destroy();
      plot.current = null;
    };
  }, [theme]);

  useEffect(() => {
    // Samples come twice a second, also while nothing arrives: with them the clock goes on, and an outage is a gap.
    const nowMs = Date.now();
    const seconds = samples.map((sample) => (sample.atMs - nowMs) / 1_000);
    plot.current?.setData([seconds, samples.map((sample) => sample.latencyMs)]);
  }, [samples, theme]);

  return <div ref={container} className="latency" role="img" aria-label="Latency over the last minute" />;
}
