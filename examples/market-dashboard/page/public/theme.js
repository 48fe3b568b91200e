// Before the first paint: a colour scheme chosen earlier wins over the system's.
try {
  const theme = localStorage.getItem('tickwire-demo-theme');
  if (theme === 'dark' || theme === 'light') document.documentElement.dataset.theme = theme;
} catch {
  // Storage may be forbidden; the system's scheme is used then.
}
