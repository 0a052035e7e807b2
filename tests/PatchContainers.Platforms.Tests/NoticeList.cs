namespace PatchContainers.Platforms.Tests;

/// <summary>Keeps what a service says.</summary>
internal sealed class NoticeList : IProgress<PatchNotice>
{
    private readonly List<PatchNotice> _all = [];

    public IReadOnlyList<PatchNotice> All
    {
        get
        {
            lock (_all)
            {
                return [.. _all];
            }
        }
    }

    public PatchException[] Failures => [.. All.OfType<PatchNotice.Failure>().Select(notice => notice.Exception)];

    public string[] Warnings => [.. All.OfType<PatchNotice.Warning>().Select(notice => notice.Message)];

    public string[] Details => [.. All.OfType<PatchNotice.Verbose>().Select(notice => notice.Message)];

    public void Report(PatchNotice value)
    {
        lock (_all)
        {
            _all.Add(value);
        }
    }
}
