using System.Text;
using System.Text.Json.Nodes;
using PatchContainers.Platforms.Kubernetes.Client;
using PatchContainers.Rollout.Journal;

namespace PatchContainers.Platforms.Kubernetes.Journal;

/// <summary>A document in UTF-8 as the one text of a ConfigMap.</summary>
internal sealed class ConfigMapDocument(StateObjects objects, string name) : ISharedDocument
{
    private const string Key = "document";

    public string Name => objects.Address(KubernetesResource.ConfigMaps, name);

    public async Task<byte[]?> ReadAsync(CancellationToken cancellationToken = default) =>
        BytesOf(await objects.FindAsync(KubernetesResource.ConfigMaps, name, cancellationToken).ConfigureAwait(false));

    public Task ChangeAsync(Func<byte[]?, byte[]?> change, CancellationToken cancellationToken = default)
    {
        byte[]? unknown = null;
        return StateObjects.UntilDoneAsync(Name, async () =>
        {
            var found = await objects.FindAsync(KubernetesResource.ConfigMaps, name, cancellationToken).ConfigureAwait(false);
            var before = BytesOf(found);

            // The first: it was written, and the answer was lost.
            if ((unknown is not null && before is not null && unknown.AsSpan().SequenceEqual(before)) || change(before) is not { } bytes)
            {
                return true;
            }

            if (bytes.Length > StateObjects.MaxBytes)
            {
                throw new PatchException(PatchErrorCode.LimitExceeded, Name,
                    $"'{Name}' would have {bytes.Length:N0} bytes, and a ConfigMap holds {StateObjects.MaxBytes:N0}. Take entries out that "
                    + "were released long ago.");
            }

            found ??= StateObjects.ConfigMap(name, [], []);
            StateObjects.Part(found, "data")[Key] = Encoding.UTF8.GetString(bytes);
            var written = await objects.WriteAsync(KubernetesResource.ConfigMaps, found, cancellationToken).ConfigureAwait(false);
            unknown = written == StateWrite.Unknown ? bytes : null;
            return written == StateWrite.Done;
        }, cancellationToken);
    }

    private static byte[]? BytesOf(JsonObject? found) => found is null ? null : Encoding.UTF8.GetBytes(StateObjects.Text(found, "data", Key));
}
