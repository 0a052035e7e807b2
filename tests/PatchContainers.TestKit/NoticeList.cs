namespace PatchContainers.TestKit;

/// <summary>Keeps the notices of a service, at once and in order.</summary>
public sealed class NoticeList : IProgress<PatchNotice>
{
    private readonly List<PatchNotice> _notices = [];

    /// <summary>All notices so far.</summary>
    public IReadOnlyList<PatchNotice> All
    {
        get
        {
            lock (_notices)
            {
                return _notices.ToArray();
            }
        }
    }

    /// <summary>The failures.</summary>
    public IReadOnlyList<PatchException> Failures => All.OfType<PatchNotice.Failure>().Select(f => f.Exception).ToArray();

    /// <summary>The warnings.</summary>
    public IReadOnlyList<string> Warnings => All.OfType<PatchNotice.Warning>().Select(w => w.Message).ToArray();

    /// <inheritdoc/>
    public void Report(PatchNotice value)
    {
        lock (_notices)
        {
            _notices.Add(value);
        }
    }
}
