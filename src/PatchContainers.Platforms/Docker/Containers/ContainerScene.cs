using System.Text.Json;
using PatchContainers.Rollout;

namespace PatchContainers.Platforms.Docker.Containers;

/// <summary>What stands in the engine of one change: nothing else tells how far it is.</summary>
internal sealed record ContainerScene
{
    /// <summary>The container that has the name.</summary>
    public JsonElement? Holder { get; private init; }

    /// <summary>The container that had it when the change was prepared.</summary>
    public JsonElement? Old { get; private init; }

    /// <summary>The container that this rollout made to take its place.</summary>
    public JsonElement? New { get; private init; }

    /// <summary>The container that this rollout made to bring the old image back, after <see cref="Old"/> was taken away.</summary>
    public JsonElement? Back { get; private init; }

    /// <summary>Whether the name belongs to a container that is none of these: someone else recreated it.</summary>
    public bool IsForeign => Holder is { } holder && !Is(Old, holder) && !Is(New, holder) && !Is(Back, holder);

    /// <summary>Reads it.</summary>
    /// <exception cref="PatchException">The engine could not be asked.</exception>
    public static async Task<ContainerScene> ReadAsync(ContainerTarget target, RolloutChange change, ContainerBefore before,
        CancellationToken cancellationToken)
    {
        var scene = new ContainerScene
        {
            Holder = await target.FindHolderAsync(cancellationToken).ConfigureAwait(false),
            Old = await target.FindAsync(before.Id, cancellationToken).ConfigureAwait(false),
        };
        var listed = await target.Client.Containers.ListAsync(true, new Dictionary<string, IReadOnlyList<string>>
        {
            ["label"] = [$"{ContainerMarks.Rollout}={change.Rollout}"],
        }, cancellationToken).ConfigureAwait(false);
        foreach (var id in listed.Where(c => IsMarked(c, ContainerMarks.Replaces) || IsMarked(c, ContainerMarks.Restores))
            .Select(c => c.Id()))
        {
            if (await target.FindAsync(id, cancellationToken).ConfigureAwait(false) is { } ours)
            {
                scene = ours.Label(ContainerMarks.Replaces) == before.Id ? scene with { New = ours } : scene with { Back = ours };
            }
        }

        return scene;

        bool IsMarked(JsonElement container, string label) => container.Text("Labels", label) == before.Id;
    }

    /// <summary>Whether a container has the name.</summary>
    public bool Holds(JsonElement? container) => Holder is { } holder && Is(container, holder);

    /// <summary>What has the name, in words.</summary>
    public string Words(string name) => Holder is { } holder
        ? $"The name '{name}' belongs to another container now ({holder.ShortId()}, image {holder.ImageName()}), which someone else made."
        : $"There is no container '{name}' any more: someone removed or renamed it.";

    private static bool Is(JsonElement? container, JsonElement other) => container?.Id() == other.Id();
}
