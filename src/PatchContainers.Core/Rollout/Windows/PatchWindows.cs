namespace PatchContainers.Rollout.Windows;

/// <summary>
/// When changes may be made: in any of the windows, and in none of the freezes. Without a window it is always open but in the freezes.
/// </summary>
public sealed class PatchWindows
{
    // Longer than any pattern of weeks takes to come round, leap days and clock changes included.
    private static readonly TimeSpan Horizon = TimeSpan.FromDays(400);

    // A window that is frozen again and again is looked at no further.
    private const int MaxPeriods = 2000;

    private readonly IReadOnlyList<MaintenanceWindow> _windows;
    private readonly IReadOnlyList<FreezePeriod> _freezes;

    /// <summary>Makes them of what was read.</summary>
    public PatchWindows(IReadOnlyList<MaintenanceWindow> windows, IReadOnlyList<FreezePeriod> freezes)
    {
        ArgumentNullException.ThrowIfNull(windows);
        ArgumentNullException.ThrowIfNull(freezes);
        _windows = windows;
        _freezes = freezes;
    }

    /// <summary>The windows.</summary>
    public IReadOnlyList<MaintenanceWindow> Windows => _windows;

    /// <summary>The freezes.</summary>
    public IReadOnlyList<FreezePeriod> Freezes => _freezes;

    /// <summary>Reads windows and freezes.</summary>
    /// <param name="windows">Windows as <see cref="MaintenanceWindow"/> has them.</param>
    /// <param name="freezes">Freezes as <see cref="FreezePeriod"/> has them; one without a zone has that of the windows, where they have
    /// one in common.</param>
    /// <exception cref="PatchException"><see cref="PatchErrorCode.InvalidArgument"/>: one is none, or its zone is not known;
    /// <see cref="PatchErrorCode.NotFound"/>: this machine has no time zones.</exception>
    public static PatchWindows Parse(IEnumerable<string> windows, IEnumerable<string> freezes)
    {
        var read = windows.Select(MaintenanceWindow.Parse).ToArray();
        var zones = read.Select(w => w.Zone).Distinct().ToArray();
        return new PatchWindows(read, freezes.Select(f => FreezePeriod.Parse(f, zones.Length == 1 ? zones[0] : null)).ToArray());
    }

    /// <summary>Says how things stand at an instant.</summary>
    /// <param name="now">The instant.</param>
    /// <param name="duration">How long the work takes that is to fit; null to ask only whether it is open.</param>
    /// <exception cref="PatchException"><see cref="PatchErrorCode.InvalidArgument"/>: the instant is after the year 8998, or the duration
    /// is negative.</exception>
    public WindowState Evaluate(DateTimeOffset now, TimeSpan? duration = null)
    {
        now = now.ToUniversalTime();
        if (now.Year is < 2 or >= 8999)
        {
            throw new PatchException(PatchErrorCode.InvalidArgument, WindowDates.Format(now),
                $"Windows are not known in the year {now.Year}.");
        }

        if (duration < TimeSpan.Zero)
        {
            throw new PatchException(PatchErrorCode.InvalidArgument, duration.Value.ToString(), "A duration must not be negative.");
        }

        var periods = Periods(now).Take(2).ToArray();
        var current = periods.Length > 0 && periods[0].Start <= now ? periods[0] : (Period?)null;
        var next = periods.Skip(current is null ? 0 : 1).Cast<Period?>().FirstOrDefault();
        var fit = Periods(now).Take(MaxPeriods).Cast<Period?>().FirstOrDefault(p => p!.Value.Holds(duration));
        return new WindowState
        {
            At = now,
            IsOpen = current is not null,
            OpenUntil = current?.End,
            NextOpen = next?.Start,
            NextOpenUntil = next?.End,
            Duration = duration,
            Fits = current?.Holds(duration) == true,
            NextFit = fit?.Start,
            Reason = Reason(now, current, next, duration, fit),
            Zones = _windows.Select(w => w.Zone).Concat(_freezes.Select(f => f.Zone)).Distinct().ToArray(),
            Windows = _windows.Select(w => w.ToString()).ToArray(),
            Freezes = _freezes.Select(f => f.ToString()).ToArray(),
        };
    }

    /// <summary>Whether work that is begun now would still go on when the window closes; also where it is closed now.</summary>
    /// <param name="now">The instant.</param>
    /// <param name="expectedDuration">How long the work is expected to take.</param>
    public bool WouldOutlast(DateTimeOffset now, TimeSpan expectedDuration) => !Evaluate(now, expectedDuration).Fits;

    /// <summary>The times in which it is open, in order, from the first that is not over. The first begins now where it is open.</summary>
    private IEnumerable<Period> Periods(DateTimeOffset now)
    {
        var cursor = now;
        while (true)
        {
            if (FrozenUntil(cursor) is { } thaw)
            {
                cursor = thaw;
                continue;
            }

            var start = StartFrom(cursor);
            if (start is null)
            {
                yield break;
            }

            if (start > cursor)
            {
                cursor = start.Value;
                continue;
            }

            var end = EndFrom(cursor);
            var freeze = _freezes.Where(f => f.Start > cursor).Select(f => (DateTimeOffset?)f.Start).Min();
            end = freeze < (end ?? DateTimeOffset.MaxValue) ? freeze : end;
            yield return new Period(cursor, end);
            if (end is null)
            {
                yield break;
            }

            cursor = end.Value;
        }
    }

    private DateTimeOffset? FrozenUntil(DateTimeOffset instant) =>
        _freezes.Where(f => f.Start <= instant && f.End > instant).Select(f => (DateTimeOffset?)f.End).Max();

    /// <summary>The first instant from this one on that lies in a window.</summary>
    private DateTimeOffset? StartFrom(DateTimeOffset instant)
    {
        if (_windows.Count == 0)
        {
            return instant;
        }

        var start = _windows.SelectMany(w => w.From(instant).Take(1)).Select(t => (DateTimeOffset?)t.Start).Min();
        return start < instant ? instant : start;
    }

    /// <summary>Where the windows that are open at an instant, and those that follow without a gap, end; null where they do not.</summary>
    private DateTimeOffset? EndFrom(DateTimeOffset instant)
    {
        if (_windows.Count == 0)
        {
            return null;
        }

        for (var end = instant; end - instant < Horizon;)
        {
            // From gives what is not over: whatever of it has begun goes on after the end so far.
            var further = _windows.SelectMany(w => w.From(end).TakeWhile(t => t.Start <= end)).Select(t => (DateTimeOffset?)t.End).Max();
            if (further is null)
            {
                return end;
            }

            end = further.Value;
        }

        return null;
    }

    private string Reason(DateTimeOffset now, Period? current, Period? next, TimeSpan? duration, Period? fit)
    {
        if (current is { } open)
        {
            var until = open.End is { } end ? $"It is open until {WindowDates.Format(end)}" : "It is open and stays so";
            return open.Holds(duration) ? until + "." : $"{until}, too short for {DurationText.Format(duration!.Value)}. "
                + (fit is { } later ? $"That fits from {WindowDates.Format(later.Start)} on." : "That never fits.");
        }

        var frozen = _freezes.FirstOrDefault(f => f.Start <= now && f.End > now);
        return (frozen is not null ? $"It is closed by the freeze {frozen}." : "It is closed: no window is open.")
            + (next is { } opens ? $" It opens at {WindowDates.Format(opens.Start)}{Lasting(opens)}." : " It opens no more.")
            + (next is null || duration is null || fit == next ? string.Empty
                : fit is { } first ? $" {DurationText.Format(duration.Value)} fit from {WindowDates.Format(first.Start)} on."
                : $" {DurationText.Format(duration.Value)} never fit.");
    }

    private static string Lasting(Period period) =>
        period.End is { } end ? $", for {DurationText.Format(end - period.Start)}" : string.Empty;

    private readonly record struct Period(DateTimeOffset Start, DateTimeOffset? End)
    {
        public bool Holds(TimeSpan? duration) => duration is null || End is null || End.Value - Start >= duration;
    }
}
