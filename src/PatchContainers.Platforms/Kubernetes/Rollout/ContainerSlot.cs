using System.Globalization;
using System.Text.Json;

namespace PatchContainers.Platforms.Kubernetes.Rollout;

/// <summary>Where a container stands in a workload.</summary>
/// <param name="Pointer">Its JSON pointer (RFC 6901): <c>/spec/template/spec/containers/0</c>.</param>
/// <param name="Name">Its name.</param>
/// <param name="Image">The image it is told to run.</param>
internal sealed record ContainerSlot(string Pointer, string Name, string Image)
{
    private static readonly string[] s_template = ["spec", "template", "spec"];
    private static readonly string[] s_jobTemplate = ["spec", "jobTemplate", "spec", "template", "spec"];

    /// <summary>Finds a container, an init container too; null where the workload has none of that name.</summary>
    public static ContainerSlot? Find(string kind, JsonElement workload, string container)
    {
        var path = kind == "CronJob" ? s_jobTemplate : s_template;
        foreach (var list in new[] { "initContainers", "containers" })
        {
            var index = 0;
            foreach (var one in workload.Items([.. path, list]))
            {
                if (one.Text("name") == container)
                {
                    return new ContainerSlot(string.Create(CultureInfo.InvariantCulture, $"/{string.Join('/', path)}/{list}/{index}"),
                        container, one.Word("image"));
                }

                index++;
            }
        }

        return null;
    }
}
