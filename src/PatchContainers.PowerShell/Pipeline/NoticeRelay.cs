namespace PatchContainers.PowerShell.Pipeline;

/// <summary>Hands notices to the pump that runs at the time: services live as long as their cmdlet, a pump as long as one call.</summary>
internal sealed class NoticeRelay : IProgress<PatchNotice>
{
    private readonly List<PatchNotice> _waiting = [];
    private PipelinePump? _pump;

    /// <summary>Hands notices to this pump from now on; null to keep them.</summary>
    public void Connect(PipelinePump? pump)
    {
        lock (_waiting)
        {
            _pump = pump;
        }
    }

    /// <summary>Takes the notices that came while no pump ran.</summary>
    public IReadOnlyList<PatchNotice> Take()
    {
        lock (_waiting)
        {
            PatchNotice[] notices = [.. _waiting];
            _waiting.Clear();
            return notices;
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
