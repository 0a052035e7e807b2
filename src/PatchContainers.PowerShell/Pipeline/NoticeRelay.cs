namespace PatchContainers.PowerShell.Pipeline;

/// <summary>Hands notices to the pump that runs at the time: services live as long as their cmdlet, a pump as long as one call.</summary>
internal sealed class NoticeRelay : IProgress<PatchNotice>
{
    private readonly List<PatchNotice> _waiting = [];
    private PipelinePump? _pump;

    public void Connect(PipelinePump? pump)
    {
        PatchNotice[] waiting;
        lock (_waiting)
        {
            _pump = pump;
            waiting = pump is null ? [] : [.. _waiting];
            _waiting.RemoveRange(0, waiting.Length);
        }

        foreach (var notice in waiting)
        {
            pump!.Report(notice);
        }
    }

    /// <inheritdoc/>
    public void Report(PatchNotice value)
    {
        PipelinePump? pump;
        lock (_waiting)
        {
            pump = _pump;
            if (pump is null)
            {
                _waiting.Add(value);
            }
        }

        pump?.Report(value);
    }
}
