// SPDX-License-Identifier: Apache-2.0
/** What a resource type holds, and which settings cannot change without a new one. */
export type StatefulType = { readonly what: string; readonly forcesNew: readonly string[] };

type Row = readonly [types: string, what: string, forcesNew: string];

/*
 * Types whose destruction loses data, keys, names or addresses that code alone cannot bring back.
 * `forcesNew` lists settings that the providers' own documentation marks as forcing a new
 * resource (registry.terraform.io); what is not listed is taken to change in place.
 */
const ROWS: readonly Row[] = [
  [
    "aws_db_instance",
    "database",
    "engine username db_name name availability_zone storage_encrypted kms_key_id character_set_name timezone nchar_character_set_name custom_iam_instance_profile",
  ],
  [
    "aws_rds_cluster",
    "database",
    "cluster_identifier engine engine_mode master_username database_name storage_encrypted kms_key_id availability_zones",
  ],
  [
    "aws_rds_cluster_instance",
    "database",
    "cluster_identifier engine identifier availability_zone",
  ],
  [
    "aws_rds_global_cluster",
    "database",
    "global_cluster_identifier engine storage_encrypted database_name",
  ],
  [
    "aws_docdb_cluster",
    "database",
    "cluster_identifier engine master_username storage_encrypted kms_key_id",
  ],
  ["aws_neptune_cluster", "database", "cluster_identifier engine storage_encrypted kms_key_arn"],
  ["aws_redshift_cluster", "database", "cluster_identifier database_name master_username"],
  ["aws_redshiftserverless_namespace", "database", "namespace_name db_name"],
  ["aws_dynamodb_table", "table", "name hash_key range_key"],
  [
    "aws_dynamodb_global_table aws_keyspaces_table aws_timestreamwrite_table",
    "table",
    "name table_name",
  ],
  ["aws_elasticache_cluster", "cache", "cluster_id engine"],
  [
    "aws_elasticache_replication_group",
    "cache",
    "replication_group_id at_rest_encryption_enabled kms_key_id subnet_group_name port",
  ],
  ["aws_memorydb_cluster", "database", "name kms_key_arn"],
  ["aws_opensearch_domain aws_elasticsearch_domain", "search index", "domain_name"],
  ["aws_s3_bucket", "bucket", "bucket bucket_prefix object_lock_enabled"],
  ["aws_s3control_bucket aws_s3_directory_bucket", "bucket", "bucket"],
  ["aws_ebs_volume", "volume", "availability_zone encrypted kms_key_id snapshot_id"],
  [
    "aws_efs_file_system",
    "file system",
    "creation_token encrypted kms_key_id availability_zone_name performance_mode",
  ],
  [
    "aws_fsx_lustre_file_system aws_fsx_windows_file_system aws_fsx_ontap_file_system aws_fsx_openzfs_file_system",
    "file system",
    "subnet_ids kms_key_id deployment_type storage_type",
  ],
  ["aws_ebs_snapshot aws_db_snapshot aws_db_cluster_snapshot aws_ami", "snapshot", ""],
  ["aws_backup_vault", "backups", "name kms_key_arn"],
  ["aws_glacier_vault", "archive", "name"],
  ["aws_kms_key", "key", "customer_master_key_spec key_usage multi_region"],
  ["aws_cloudhsm_v2_cluster", "key", "hsm_type subnet_ids"],
  ["aws_secretsmanager_secret", "secret", "name name_prefix"],
  ["aws_route53_zone", "zone", "name delegation_set_id"],
  ["aws_sqs_queue", "queue", "name name_prefix fifo_queue"],
  ["aws_kinesis_stream", "stream", "name"],
  ["aws_msk_cluster", "stream", "cluster_name"],
  ["aws_mq_broker", "queue", "broker_name engine_type deployment_mode storage_type"],
  ["aws_cognito_user_pool", "users", "username_attributes alias_attributes"],
  ["aws_ecr_repository", "images", "name"],
  ["aws_eks_cluster aws_ecs_cluster", "cluster", "name role_arn"],
  ["aws_vpc", "network", "cidr_block"],
  ["aws_eip", "address", ""],
  ["aws_cloudwatch_log_group", "logs", "name"],
  [
    "google_sql_database_instance",
    "database",
    "name region database_version_major encryption_key_name master_instance_name",
  ],
  ["google_sql_database", "database", "name instance"],
  ["google_spanner_instance google_spanner_database", "database", "name config instance project"],
  ["google_bigtable_instance google_bigtable_table", "database", "name"],
  ["google_bigquery_dataset", "dataset", "dataset_id location project"],
  ["google_bigquery_table", "table", "table_id dataset_id"],
  ["google_firestore_database", "database", "name location_id"],
  ["google_alloydb_cluster", "database", "cluster_id location"],
  ["google_redis_instance", "cache", "name region connect_mode"],
  ["google_storage_bucket", "bucket", "name location project"],
  ["google_compute_disk google_compute_region_disk", "volume", "name type zone image snapshot"],
  ["google_filestore_instance", "file system", "name tier location"],
  ["google_kms_crypto_key google_kms_key_ring", "key", "name location purpose key_ring"],
  ["google_secret_manager_secret", "secret", "secret_id"],
  ["google_dns_managed_zone", "zone", "name dns_name"],
  ["google_pubsub_topic google_pubsub_subscription", "queue", "name topic"],
  ["google_container_cluster", "cluster", "name location network"],
  ["google_artifact_registry_repository", "images", "repository_id location format"],
  ["google_project", "project", "project_id"],
  [
    "azurerm_mssql_server azurerm_sql_server azurerm_mysql_server azurerm_postgresql_server azurerm_mariadb_server",
    "database",
    "name location resource_group_name administrator_login",
  ],
  [
    "azurerm_postgresql_flexible_server azurerm_mysql_flexible_server",
    "database",
    "name location resource_group_name administrator_login delegated_subnet_id geo_redundant_backup_enabled",
  ],
  ["azurerm_mssql_database azurerm_sql_database", "database", "name server_id collation"],
  [
    "azurerm_postgresql_flexible_server_database azurerm_postgresql_database azurerm_mysql_database",
    "database",
    "name server_id charset collation",
  ],
  [
    "azurerm_cosmosdb_account azurerm_cosmosdb_sql_database azurerm_cosmosdb_sql_container azurerm_cosmosdb_mongo_database",
    "database",
    "name location kind resource_group_name partition_key_path",
  ],
  ["azurerm_redis_cache", "cache", "name location resource_group_name"],
  ["azurerm_storage_account", "bucket", "name location resource_group_name is_hns_enabled"],
  [
    "azurerm_storage_container azurerm_storage_share azurerm_storage_table azurerm_storage_queue",
    "bucket",
    "name storage_account_name",
  ],
  ["azurerm_managed_disk", "volume", "name location create_option zone"],
  ["azurerm_netapp_volume azurerm_netapp_pool", "volume", "name location service_level"],
  [
    "azurerm_key_vault azurerm_key_vault_key azurerm_key_vault_secret",
    "key",
    "name location key_vault_id key_type",
  ],
  [
    "azurerm_recovery_services_vault azurerm_data_protection_backup_vault",
    "backups",
    "name location",
  ],
  ["azurerm_dns_zone azurerm_private_dns_zone", "zone", "name"],
  [
    "azurerm_servicebus_namespace azurerm_servicebus_queue azurerm_servicebus_topic azurerm_eventhub azurerm_eventhub_namespace",
    "queue",
    "name location",
  ],
  ["azurerm_kubernetes_cluster azurerm_container_registry", "cluster", "name location dns_prefix"],
  ["azurerm_resource_group", "resource group", "name location"],
  ["azurerm_log_analytics_workspace", "logs", "name location"],
  ["digitalocean_database_cluster digitalocean_database_db", "database", "name engine"],
  ["digitalocean_volume digitalocean_spaces_bucket", "volume", "name region"],
  [
    "mongodbatlas_cluster mongodbatlas_advanced_cluster",
    "database",
    "name project_id cluster_type",
  ],
  [
    "cloudflare_zone cloudflare_r2_bucket cloudflare_d1_database cloudflare_workers_kv_namespace",
    "zone",
    "zone name location",
  ],
  ["kubernetes_namespace kubernetes_namespace_v1", "namespace", "metadata.name"],
  [
    "kubernetes_persistent_volume_claim kubernetes_persistent_volume_claim_v1 kubernetes_persistent_volume kubernetes_persistent_volume_v1",
    "volume",
    "metadata.name",
  ],
  ["confluent_kafka_cluster confluent_kafka_topic kafka_topic", "stream", "topic_name name"],
  ["snowflake_database snowflake_schema snowflake_table", "database", "name"],
  ["github_repository gitlab_project", "repository", ""],
  ["vault_mount", "secret", "path type"],
  [
    "AWS::RDS::DBInstance",
    "database",
    "DBInstanceIdentifier Engine DBName MasterUsername KmsKeyId StorageEncrypted",
  ],
  [
    "AWS::RDS::DBCluster",
    "database",
    "DBClusterIdentifier Engine DatabaseName KmsKeyId StorageEncrypted",
  ],
  ["AWS::DynamoDB::Table AWS::DynamoDB::GlobalTable", "table", "TableName KeySchema"],
  ["AWS::S3::Bucket", "bucket", "BucketName"],
  ["AWS::EC2::Volume", "volume", "AvailabilityZone Encrypted KmsKeyId"],
  ["AWS::EFS::FileSystem", "file system", "Encrypted KmsKeyId PerformanceMode"],
  ["AWS::KMS::Key", "key", "KeySpec"],
  ["AWS::SQS::Queue", "queue", "QueueName FifoQueue"],
  ["AWS::Kinesis::Stream", "stream", "Name"],
  [
    "AWS::ElastiCache::ReplicationGroup AWS::ElastiCache::CacheCluster",
    "cache",
    "ReplicationGroupId ClusterName",
  ],
  ["AWS::Route53::HostedZone", "zone", "Name"],
  ["AWS::Cognito::UserPool", "users", "UsernameAttributes AliasAttributes"],
  ["AWS::SecretsManager::Secret", "secret", "Name"],
  ["AWS::OpenSearchService::Domain AWS::Elasticsearch::Domain", "search index", "DomainName"],
  [
    "AWS::Redshift::Cluster AWS::DocDB::DBCluster AWS::Neptune::DBCluster",
    "database",
    "DBClusterIdentifier DBName",
  ],
];

const TYPES: ReadonlyMap<string, StatefulType> = new Map(
  ROWS.flatMap(([types, what, forcesNew]) =>
    types
      .split(" ")
      .map((type) => [type, { what, forcesNew: forcesNew.split(" ").filter(Boolean) }]),
  ),
);

/** What the type holds, or `null` for one that code alone brings back. */
export function statefulType(type: string): StatefulType | null {
  return TYPES.get(type) ?? null;
}

/** Words by which a module says that it holds state; a guess, and tagged as one. */
const STATEFUL_WORDS =
  /(?:^|[^a-z])(?:rds|aurora|postgres(?:ql)?|mysql|mariadb|mongo(?:db)?|documentdb|docdb|database|db|dynamo(?:db)?|elasticache|redis|memorydb|opensearch|elasticsearch|s3|bucket|gcs|storage|efs|ebs|volume|kms|sqs|queue|kafka|msk|kinesis|bigquery|spanner|cloudsql|cosmos(?:db)?|sql|backup|zone|vpc)(?:[^a-z]|$)/i;

export function soundsStateful(text: string): boolean {
  return STATEFUL_WORDS.test(text.slice(0, 500));
}

// Data that others keep elsewhere, or that is made anew in minutes: losing it is felt, not fatal.
const LIGHT = new Set(["logs", "address", "images", "cluster", "network", "cache", "repository"]);

/** `data` for what holds the only copy of something, `service` for what is merely hard to rebuild. */
export function weightOf(held: StatefulType): "data" | "service" {
  return LIGHT.has(held.what) ? "service" : "data";
}
