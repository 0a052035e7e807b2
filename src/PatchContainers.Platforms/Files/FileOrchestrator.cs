using System.Globalization;
using PatchContainers.Platforms.Yaml;
using PatchContainers.Rollout;

namespace PatchContainers.Platforms.Files;

/// <summary>
/// Changes images in manifests and Compose files. A file is only written: what runs is for whoever applies it, so a change ends as
/// <see cref="ChangeStatus.Written"/>.
/// </summary>
internal sealed class FileOrchestrator(YamlLimits limits) : IOrchestrator
{
    private readonly object _oneAtATime = new();
    private ILookup<string, RolloutChange> _announced = Array.Empty<RolloutChange>().ToLookup(change => change.Path);
    private EditedFile? _file;

    /// <inheritdoc/>
    public bool CanHandle(string platform) => platform is FilePlatforms.Manifest or FilePlatforms.Compose;

    /// <inheritdoc/>
    public Task<IReadOnlyList<RolloutChange>> CheckAsync(
        IReadOnlyList<RolloutChange> changes, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(changes);
        return Task.Run(() => new FilePlanCheck(changes, limits).Run(cancellationToken), cancellationToken);
    }

    /// <inheritdoc/>
    public void Announce(IReadOnlyList<RolloutChange> changes)
    {
        ArgumentNullException.ThrowIfNull(changes);
        lock (_oneAtATime)
        {
            _announced = changes.ToLookup(change => change.Path, StringComparer.Ordinal);
        }
    }

    /// <inheritdoc/>
    public async Task<RolloutChange> ApplyAsync(RolloutChange change, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(change);
        await change.CheckLeaseAsync(cancellationToken).ConfigureAwait(false);
        return await Task.Run(() => Durable(InTurn(Apply, change, cancellationToken)), cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public Task<RolloutChange> AwaitAsync(
        RolloutChange change, AwaitedState state, TimeSpan atMost, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(change);
        return Task.Run(() => InTurn(Look, change, cancellationToken), cancellationToken);
    }

    /// <inheritdoc/>
    public async Task<RolloutChange> RevertAsync(RolloutChange change, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(change);
        await change.CheckLeaseAsync(cancellationToken).ConfigureAwait(false);
        return await Task.Run(() => Durable(InTurn(Revert, change, cancellationToken)), cancellationToken).ConfigureAwait(false);
    }

    // Two changes of one file at once would each find that the other had changed it.
    private RolloutChange InTurn(
        Func<RolloutChange, CancellationToken, RolloutChange> action, RolloutChange change, CancellationToken cancellationToken)
    {
        lock (_oneAtATime)
        {
            return action(change, cancellationToken);
        }
    }

    // What the file holds is read for every change; what it means, only when it holds something else than was left in it.
    private EditedFile Open(string path, CancellationToken cancellationToken)
    {
        var bytes = FileBytes.Read(path, limits.MaxBytes);
        if (_file?.IsStill(path, bytes) != true)
        {
            _file = null;
            _file = new EditedFile(WorkloadFile.Read(path, bytes, limits, cancellationToken), limits);
        }

        return _file;
    }

    private RolloutChange Apply(RolloutChange change, CancellationToken cancellationToken)
    {
        try
        {
            var file = Open(change.Path, cancellationToken);
            if (file.Find(change.Workload) is not { } binding)
            {
                return With(change, ChangeStatus.Failed, Gone(change));
            }

            if (Unusable(binding) is { Length: > 0 } unusable)
            {
                return With(change, ChangeStatus.Failed, $"{unusable}.");
            }

            var held = file.ImageOf(binding);
            if (held == change.NewImage)
            {
                return Written(change, binding);
            }

            if (held != change.OldImage)
            {
                return With(change, ChangeStatus.Failed,
                    $"'{change.Path}' holds '{held}' now, and not '{change.OldImage}', which the plan expects. It was left as it is.");
            }

            var announced = _announced[change.Path].Select(c => (c.Workload, c.OldImage, c.NewImage));
            return file.Write(binding, change.NewImage, announced) is { Length: > 0 } fault
                ? With(change, ChangeStatus.Failed, $"{fault}.")
                : Written(change, binding);
        }
        catch (PatchException e)
        {
            return With(change, ChangeStatus.Failed, e.Message);
        }
    }

    private RolloutChange Look(RolloutChange change, CancellationToken cancellationToken)
    {
        try
        {
            var file = Open(change.Path, cancellationToken);
            return file.Find(change.Workload) is not { } binding ? With(change, ChangeStatus.LeftAlone, Gone(change))
                : file.ImageOf(binding) == change.NewImage ? Written(change, binding)
                : With(change, ChangeStatus.LeftAlone, $"'{change.Path}' holds '{file.ImageOf(binding)}' now, and not '{change.NewImage}', "
                    + "which was written there.");
        }
        catch (PatchException e) when (e.Code != PatchErrorCode.FileError)
        {
            return With(change, ChangeStatus.LeftAlone, e.Message);
        }
    }

    private RolloutChange Revert(RolloutChange change, CancellationToken cancellationToken)
    {
        try
        {
            var file = Open(change.Path, cancellationToken);
            if (file.Find(change.Workload) is not { } binding)
            {
                return With(change, ChangeStatus.LeftAlone, Gone(change));
            }

            var held = file.ImageOf(binding);
            if (held == change.OldImage)
            {
                return With(change, ChangeStatus.RolledBack, string.Empty);
            }

            if (held != change.NewImage || Unusable(binding).Length > 0)
            {
                return With(change, ChangeStatus.LeftAlone,
                    $"'{change.Path}' holds '{held}' now, and not '{change.NewImage}', which was written there. It was left as it is.");
            }

            var announced = _announced[change.Path].Select(c => (c.Workload, c.NewImage, c.OldImage));
            return file.Write(binding, change.OldImage, announced) is { Length: > 0 } fault
                ? With(change, ChangeStatus.Failed, $"{fault}.")
                : With(change, ChangeStatus.RolledBack, string.Empty);
        }
        catch (PatchException e)
        {
            // A file that is gone or means nothing any more was changed by someone else; one that cannot be read or written was not.
            var unreachable = e.Code is PatchErrorCode.FileError or PatchErrorCode.Conflict;
            return With(change, unreachable ? ChangeStatus.Failed : ChangeStatus.LeftAlone, e.Message);
        }
    }

    // Outside of what turns an exception into Failed: the file is written, and a failure here must not say that it is not. A change that
    // was made before a crash is made durable too.
    private static RolloutChange Durable(RolloutChange change)
    {
        if (change.Status is ChangeStatus.Written or ChangeStatus.RolledBack)
        {
            FileReplacement.Sync(change.Path);
        }

        return change;
    }

    private static string Unusable(ImageBinding binding) => binding.Fault.Length > 0 ? binding.Fault : binding.EditFault;

    private static string Gone(RolloutChange change) => $"'{change.Path}' no longer holds the container '{change.Workload}'.";

    private static RolloutChange Written(RolloutChange change, ImageBinding binding) => With(change, ChangeStatus.Written,
        string.Create(CultureInfo.InvariantCulture, $"Written in line {binding.Origin!.Line}; no platform was observed."));

    private static RolloutChange With(RolloutChange change, ChangeStatus status, string detail) =>
        change with { Status = status, Detail = detail };
}
