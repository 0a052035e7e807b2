using System.Text.Json;
using PatchContainers.Images;
using PatchContainers.Platforms.Docker.Client;
using PatchContainers.Rollout;

namespace PatchContainers.Platforms.Docker.Swarm;

/// <summary>
/// Makes changes and puts them back. Each write is of the version that was read, and is refused where there is another by then: it is read
/// again, so that it may be tried again after a lost answer, too.
/// </summary>
/// <remarks>
/// An owner that stood still, and lost its lease meanwhile, changes nothing: it reads the service, then looks at its lease, and writes only
/// the version that it read. Either the lease is lost by then, or whoever takes it later finds the write, or writes first: putting back
/// always does, also where the old image is still there, unless the manager itself has gone back since.
/// </remarks>
internal sealed class SwarmWriter(SwarmTarget target, RolloutChange change, TimeProvider clock)
{
    private const int Attempts = 10;

    private static readonly TimeSpan s_pause = TimeSpan.FromSeconds(3);

    private readonly SwarmState? _before = SwarmState.Of(change);

    /// <summary>Writes the new image, held as a canary where the change says so.</summary>
    public Task<RolloutChange> ApplyAsync(CancellationToken cancellationToken) => WriteAsync(service =>
    {
        var image = service.ImageOfService();
        if (image == change.NewImage)
        {
            return Done(ChangeStatus.Applied, "It held the new image already.");
        }

        if (image != change.OldImage)
        {
            return Done(ChangeStatus.Failed,
                $"{target.Object} holds '{image}' now, and not '{change.OldImage}', which the plan expects. It was left as it is.");
        }

        if (SwarmRules.Refusal(target, service) is { Length: > 0 } refusal)
        {
            return Done(ChangeStatus.Failed, refusal);
        }

        var edit = new SwarmEdit(service);
        if (_before?.Settings?.Foreign(edit.UpdateConfig) is { Count: > 0 } foreign)
        {
            return Done(ChangeStatus.Failed,
                $"Someone else has set {Fields(foreign)} of {target.Object} while it was read. It was left as it is.");
        }

        edit.Image(change.NewImage).Label(SwarmEdit.OurChange, $"patchcontainers: to {change.NewImage} ({Where})");
        if (_before?.Settings is { } settings)
        {
            edit.UpdateConfig = settings.ForFirst(edit.UpdateConfig);
            edit.Label(UpdateSettings.Label, settings.Original?.ToJsonString() ?? "null");
        }

        return new Decision(edit, ChangeStatus.Applied, string.Empty, Login: change.NewImage);
    }, gone: ChangeStatus.Failed, cancellationToken);

    /// <summary>Lets a canary go on to all.</summary>
    public Task<RolloutChange> PromoteAsync(CancellationToken cancellationToken) => WriteAsync(service =>
    {
        var edit = new SwarmEdit(service);
        if (_before?.Settings is { } settings)
        {
            edit.UpdateConfig = settings.ForRest(edit.UpdateConfig);
        }

        return OfNew(service, edit, ChangeStatus.Applied);
    }, gone: ChangeStatus.Failed, cancellationToken);

    /// <summary>
    /// Restores the UpdateConfig. The manager's own way back, which is to the specification before, leads to no canary then.
    /// </summary>
    public Task<RolloutChange> FinishAsync(CancellationToken cancellationToken) => WriteAsync(service =>
        OfNew(service, Restored(service), ChangeStatus.Healthy), gone: ChangeStatus.Failed, cancellationToken);

    /// <summary>
    /// Writes the old image and the old UpdateConfig again. Where the manager has exactly that as the specification before, it is told to
    /// go back, by the service's RollbackConfig; otherwise it is an update like any other.
    /// </summary>
    public Task<RolloutChange> RevertAsync(CancellationToken cancellationToken) => WriteAsync(service =>
    {
        var image = service.ImageOfService();
        var edit = Restored(service);
        var kept = Kept(service);
        if (image != change.NewImage && image != change.OldImage && image != _before?.Image)
        {
            return new Decision(edit, ChangeStatus.LeftAlone,
                $"{Holds(image)}, which was written there. It was left as it is. {kept}".TrimEnd());
        }

        if (image == change.NewImage)
        {
            edit.Image(change.OldImage);
        }
        else if (SwarmRules.WentBack(service, _before) && !service.IsPaused())
        {
            // The manager has written it since the change: what stood still before that is of another version.
            return new Decision(edit, ChangeStatus.Applied, kept);
        }

        // Which change was put back, so that doing it again after a crash writes nothing: the image alone may be that of an earlier one.
        edit.Label(SwarmEdit.OurChange, $"patchcontainers: back to {change.OldImage} ({Where}), as in version {_before?.Version}");
        return image == change.NewImage
            ? new Decision(edit, ChangeStatus.Applied, kept, Login: change.OldImage) { IsRollback = edit.IsPrevious(service) }
            : new Decision(edit, ChangeStatus.Applied, kept);
    }, gone: ChangeStatus.LeftAlone, cancellationToken);

    private string Where => change.Rollout.Length == 0 ? $"ring {change.Ring}" : $"ring {change.Ring}, rollout {change.Rollout}";

    private string Holds(string? image) => $"{target.Object} holds '{image}' now, and not '{change.NewImage}'";

    private Decision OfNew(JsonElement service, SwarmEdit edit, ChangeStatus status) => service.ImageOfService() == change.NewImage
        ? new Decision(edit, status, Kept(service))
        : new Decision(Restored(service), ChangeStatus.Failed, $"{Holds(service.ImageOfService())}. {Kept(service)}".TrimEnd());

    private SwarmEdit Restored(JsonElement service)
    {
        var edit = new SwarmEdit(service);
        if (_before?.Settings is { } settings)
        {
            edit.UpdateConfig = settings.Restored(edit.UpdateConfig);
            edit.Label(UpdateSettings.Label, null);
        }

        return edit;
    }

    private string Kept(JsonElement service) => _before?.Settings?.Foreign(SwarmEdit.UpdateConfigOf(service)) is { Count: > 0 } kept
        ? $"Someone else has set {Fields(kept)} since: that stays." : string.Empty;

    private static string Fields(IEnumerable<string> fields) => string.Join(" and ", fields.Select(f => $"UpdateConfig.{f}"));

    private async Task<RolloutChange> WriteAsync(Func<JsonElement, Decision> decide, ChangeStatus gone, CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                var service = await target.GetAsync(cancellationToken).ConfigureAwait(false);
                var decision = decide(service);
                var warnings = decision.Edit is { HasWrites: true }
                    ? await SendAsync(service, decision, cancellationToken).ConfigureAwait(false) : [];
                return change with
                {
                    Status = decision.Status,
                    Detail = string.Join(' ', warnings.Prepend(decision.Detail).Where(text => text.Length > 0)),
                };
            }
            catch (PatchException e) when (e.Code == PatchErrorCode.NotFound)
            {
                return change with { Status = gone, Detail = $"{target.Object} is gone: someone deleted it." };
            }
            catch (PatchException e) when (e.Code is PatchErrorCode.Conflict or PatchErrorCode.Unreachable && attempt < Attempts)
            {
                // It is read again: whether another writer's change matters, or a lost answer meant success, shows there.
            }
            catch (PatchException e) when (SwarmRules.IsLeaving(e) && _before is not null)
            {
                // Whether a write before was taken is not known.
                if (attempt == Attempts)
                {
                    throw;
                }

                await Task.Delay(s_pause, clock, cancellationToken).ConfigureAwait(false);
            }
            catch (PatchException e) when (e.Code is not (PatchErrorCode.Unreachable or PatchErrorCode.ProtocolError))
            {
                return change with { Status = ChangeStatus.Failed, Detail = e.Message };
            }
        }
    }

    private async Task<IReadOnlyList<string>> SendAsync(JsonElement service, Decision decision, CancellationToken cancellationToken)
    {
        var version = service.Number("Version", "Index") ?? throw new PatchException(PatchErrorCode.ProtocolError, target.Object,
            $"{target.Object} tells no version: this engine is not as expected.");
        await change.CheckLeaseAsync(cancellationToken).ConfigureAwait(false);
        var (id, spec) = (service.Word("ID"), decision.Edit!.Spec);
        return decision.IsRollback
            ? await target.Client.Swarm.RollbackServiceAsync(id, version, spec, cancellationToken).ConfigureAwait(false)
            : await target.Client.Swarm.UpdateServiceAsync(id, version, spec, Login(decision.Login), cancellationToken)
                .ConfigureAwait(false);
    }

    // Without one, the service keeps the login that it has. It is a part of what tasks are made from: another one makes them anew.
    private string Login(string image) => image.Length > 0 && ImageReference.TryParse(image, out var reference, out _)
        && change.Login?.Invoke(reference) is { } credential ? DockerAuth.Encode(credential, reference.Registry) : string.Empty;

    private static Decision Done(ChangeStatus status, string detail) => new(null, status, detail);

    private sealed record Decision(SwarmEdit? Edit, ChangeStatus Status, string Detail, string Login = "")
    {
        /// <summary>Whether the manager is told to go back to the specification before.</summary>
        public bool IsRollback { get; init; }
    }
}
