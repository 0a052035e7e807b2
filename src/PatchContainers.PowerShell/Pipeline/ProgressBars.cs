using System.Diagnostics;
using System.Management.Automation;

namespace PatchContainers.PowerShell.Pipeline;

/// <summary>Turns progress notices into progress bars: at most five a second, and every bar completed in the end.</summary>
/// <param name="write">Writes a bar.</param>
internal sealed class ProgressBars(Action<ProgressRecord> write)
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(200);

    private readonly Dictionary<string, int> _shown = new(StringComparer.Ordinal);
    private long _last;

    public void Show(PatchNotice.Progress progress)
    {
        if (_last != 0 && Stopwatch.GetElapsedTime(_last) < Interval)
        {
            return;
        }

        _last = Stopwatch.GetTimestamp();
        if (!_shown.TryGetValue(progress.Activity, out var id))
        {
            id = _shown.Count + 1;
            _shown.Add(progress.Activity, id);
        }

        write(new ProgressRecord(id, progress.Activity, progress.Status.Length > 0 ? progress.Status : " ")
        {
            PercentComplete = progress.PercentComplete is { } percent ? Math.Clamp(percent, 0, 100) : -1,
        });
    }

    public void Complete()
    {
        foreach (var (activity, id) in _shown)
        {
            write(new ProgressRecord(id, activity, " ") { RecordType = ProgressRecordType.Completed });
        }

        _shown.Clear();
    }
}
